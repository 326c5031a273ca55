/** The documentation site; it is built without a network, and its pages load nothing from elsewhere. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type DefaultTheme, defineConfig } from 'vitepress';

const PACKAGES = ['types', 'netlink', 'netlab', 'rohc', 'mptcp-pm'] as const;

/** A module's entry under the name that it is imported by. */
const named = (
  specifier: string,
  { text = '', link, items }: DefaultTheme.SidebarItem,
): DefaultTheme.SidebarItem => {
  const name = text === 'index' ? specifier : `${specifier}/${text}`;
  return {
    text: name,
    ...(link === undefined ? {} : { link: link.replace(/\.\/$/, '').replace(/\.md$/, '') }),
    ...(items === undefined ? {} : { items: items.map((item) => named(name, item)) }),
  };
};

/** What typedoc wrote for a package; only its first page before `pnpm site` has started typedoc. */
const apiOf = (name: string): readonly DefaultTheme.SidebarItem[] => {
  const path = fileURLToPath(new URL(`../api/${name}/typedoc-sidebar.json`, import.meta.url));
  const modules = existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as DefaultTheme.SidebarItem[])
    : [];
  const specifier = `@liquid/${name}`;
  return modules.some(({ text }) => text === 'index')
    ? modules.map((module) => named(specifier, module))
    : [{ text: specifier, link: `/api/${name}/` }];
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
      { text: 'mptcp-pm: paths of a connection', link: '/mptcp-pm' },
      { text: 'rohc: smaller headers', link: '/rohc' },
      { text: 'netlink: the kernel’s mailbox', link: '/netlink' },
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
  markdown: { theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' } },
  themeConfig: {
    logo: '/mark.svg',
    nav: [
      { text: 'Guide', link: '/guide/liquidity', activeMatch: '^/guide/' },
      { text: 'MPTCP paths', link: '/mptcp-pm' },
      { text: 'ROHC', link: '/rohc' },
      { text: 'Reproduction', link: '/reproduction' },
      { text: 'API', link: '/api/', activeMatch: '^/api/' },
    ],
    sidebar: {
      '/api/': [
        {
          text: 'API',
          items: [{ text: 'All packages', link: '/api/' }, ...PACKAGES.flatMap(apiOf)],
        },
      ],
      '/': pages,
    },
    outline: { level: [2, 3] },
    // What is heard is what is read.
    notFound: { linkLabel: 'Take me home' },
    search: { provider: 'local' },
    externalLinkIcon: true,
  },
});
