/** The documentation site; it is built without a network, and its pages load nothing from elsewhere. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type DefaultTheme, defineConfig } from 'vitepress';

const PACKAGES = ['types', 'netlab', 'rohc'] as const;

/** What typedoc wrote for a package; empty before `pnpm site` has started it. */
const apiOf = (name: string): DefaultTheme.SidebarItem => {
  const path = fileURLToPath(new URL(`../api/${name}/typedoc-sidebar.json`, import.meta.url));
  const modules = existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as DefaultTheme.SidebarItem[])
    : [];
  return {
    text: `@liquid/${name}`,
    ...(modules.length === 0 ? { link: `/api/${name}/` } : { items: modules }),
  };
};

const pages: DefaultTheme.SidebarItem[] = [
  {
    text: 'Guide',
    items: [
      { text: 'What liquidity is', link: '/guide/liquidity' },
      { text: 'Choose a tool', link: '/guide/choose' },
      { text: 'Compose tools', link: '/guide/compose' },
    ],
  },
  {
    text: 'Packages',
    items: [
      { text: 'rohc: smaller headers', link: '/rohc' },
      { text: 'netlab: networks to throw away', link: '/netlab' },
      { text: 'types: the vocabulary', link: '/types' },
    ],
  },
  {
    text: 'The project',
    items: [
      { text: 'Reproduction', link: '/reproduction' },
      { text: 'Architecture', link: '/architecture' },
      { text: 'Security', link: '/security' },
      { text: 'Versions', link: '/versions' },
    ],
  },
];

export default defineConfig({
  lang: 'en',
  title: 'Liquid Net',
  description: 'Every resource of a network spent where it gains most.',
  cleanUrls: true,
  srcExclude: ['README.md'],
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: '/mark.svg' }]],
  markdown: { theme: { light: 'github-light', dark: 'github-dark' } },
  themeConfig: {
    logo: '/mark.svg',
    nav: [
      { text: 'Guide', link: '/guide/liquidity', activeMatch: '^/guide/' },
      { text: 'ROHC', link: '/rohc' },
      { text: 'Reproduction', link: '/reproduction' },
      { text: 'API', link: '/api/', activeMatch: '^/api/' },
    ],
    sidebar: {
      '/api/': [
        { text: 'API', items: [{ text: 'All packages', link: '/api/' }, ...PACKAGES.map(apiOf)] },
      ],
      '/': pages,
    },
    outline: { level: [2, 3] },
    search: { provider: 'local' },
    externalLinkIcon: true,
  },
});
