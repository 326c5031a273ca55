/** The site as it was built: its pages, what an address leads to, and one page of each kind. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { must, root } from './skip.ts';

/** One page. */
export interface BuiltPage {
  /** As a visitor asks for it: `/guide/choose`. */
  readonly path: string;
  readonly html: string;
}

/** The built site. */
export interface BuiltSite {
  readonly folder: string;
  /** Where it is mounted; ends in a slash. */
  readonly base: string;
  readonly pages: readonly BuiltPage[];
  /** The page behind a path, or the path itself where it is another file; undefined where there is nothing. */
  readonly resolve: (path: string) => string | undefined;
  /** One page of each kind, and one that is not there. */
  readonly kinds: readonly string[];
  /** The page with the widget. */
  readonly widget: string;
}

const folder = join(root, 'docs/.vitepress/dist');

const isFile = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isFile() === true;

/** Reads what `pnpm run site` has built. */
export const readSite = (): BuiltSite => {
  must(join(folder, 'index.html'), 'pnpm run site');
  const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.html'))
    .sort()
    .map((file): BuiltPage => {
      const html = readFileSync(join(folder, file), 'utf8');
      return { path: `/${file.replace(/(?:(^|\/)index)?\.html$/, '$1')}`, html };
    });
  const paths = new Set(pages.map(({ path }) => path));
  const kinds = new Map<string, string>();
  for (const { path } of pages) {
    // each page outside of the API is one of its kind; of that, one a depth
    const parts = path.split('/').filter((part) => part !== '');
    const kind = parts[0] === 'api' ? `api ${parts.length}` : path;
    if (!kinds.has(kind)) kinds.set(kind, path);
  }
  const widget = pages.find(({ html }) => html.includes('class="rohc-widget"'))?.path;
  if (widget === undefined) throw new Error('no page has the widget');
  return {
    folder,
    base: '/',
    pages,
    resolve: (path) => {
      if (paths.has(path)) return path;
      if (path.endsWith('.html')) {
        const clean = path.replace(/(?:(\/)index)?\.html$/, '$1');
        return paths.has(clean) ? clean : undefined;
      }
      return isFile(join(folder, path)) ? path : undefined;
    },
    kinds: [...kinds.values(), '/no/such/page'],
    widget,
  };
};
