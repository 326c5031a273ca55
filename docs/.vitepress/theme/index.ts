/** The site's theme: VitePress's own in the shared look, and what the pages draw with. */
import '@liquid/console/look.css';
import './style.css';
import type { Theme } from 'vitepress';
import DefaultTheme from 'vitepress/theme-without-fonts';
import FigureValue from './components/FigureValue.vue';
import FiguresTable from './components/FiguresTable.vue';
import PacketFormats from './components/PacketFormats.vue';
import PublishedValue from './components/PublishedValue.vue';
import ResourceList from './components/ResourceList.vue';
import ResultsFiles from './components/ResultsFiles.vue';
import SiteLayout from './components/SiteLayout.vue';
import ToolTable from './components/ToolTable.vue';
import TradeList from './components/TradeList.vue';

/** The widget that compresses a dropped capture; a site without it still builds. */
const widget = import.meta.glob<{ readonly default: NonNullable<Theme['Layout']> }>(
  './widget/RohcWidget.vue',
  { eager: true },
)['./widget/RohcWidget.vue'];

export default {
  extends: DefaultTheme,
  Layout: SiteLayout,
  enhanceApp({ app }) {
    app.component('Figure', FigureValue);
    app.component('FiguresTable', FiguresTable);
    app.component('PacketFormats', PacketFormats);
    app.component('Published', PublishedValue);
    app.component('ResourceList', ResourceList);
    app.component('ResultsFiles', ResultsFiles);
    app.component('ToolTable', ToolTable);
    app.component('TradeList', TradeList);
    app.component('RohcWidget', widget?.default ?? {});
  },
} satisfies Theme;
