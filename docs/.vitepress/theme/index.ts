/** The site's theme: VitePress's own in the shared look, and what the pages draw with. */
import { defineClientComponent, type Theme } from 'vitepress';
import DefaultTheme from 'vitepress/theme-without-fonts';
import FigureValue from './components/FigureValue.vue';
import FiguresTable from './components/FiguresTable.vue';
import PublishedValue from './components/PublishedValue.vue';
import ResourceList from './components/ResourceList.vue';
import ResultsFiles from './components/ResultsFiles.vue';
import SiteLayout from './components/SiteLayout.vue';
import ToolTable from './components/ToolTable.vue';
import TradeList from './components/TradeList.vue';
// Behind the theme's own, which they overrule.
import '@liquid/console/look.css';
import './style.css';

export default {
  extends: DefaultTheme,
  Layout: SiteLayout,
  enhanceApp({ app }) {
    app.component('Figure', FigureValue);
    app.component('FiguresTable', FiguresTable);
    app.component('Published', PublishedValue);
    app.component('ResourceList', ResourceList);
    app.component('ResultsFiles', ResultsFiles);
    app.component('ToolTable', ToolTable);
    app.component('TradeList', TradeList);
    // Loaded where a page has it, in the browser: it brings the compressor along.
    app.component(
      'RohcWidget',
      defineClientComponent(() => import('./widget/RohcWidget.vue')),
    );
  },
} satisfies Theme;
