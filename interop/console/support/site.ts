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
  /** One page of each kind; `/404` is what is shown where nothing is. */
  readonly kinds: readonly string[];
  /** The page with the widget, which is drawn in the browser only. */
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
  const kinds = new Map<string, BuiltPage>();
  for (const page of pages) {
    // each page outside of the API is one of its kind; of that, the shortest of each depth: some are books
    const parts = page.path.split('/').filter((part) => part !== '');
    const kind = parts[0] === 'api' ? `api ${parts.length}` : page.path;
    const known = kinds.get(kind);
    if (known === undefined || page.html.length < known.html.length) kinds.set(kind, page);
  }
  const widget = '/rohc';
  if (!paths.has(widget)) throw new Error(`no page ${widget}`);
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
    kinds: [...kinds.values()].map(({ path }) => path),
    widget,
  };
};
