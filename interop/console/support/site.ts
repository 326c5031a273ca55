/** The site as it was built: its pages, what an address leads to, and one page of each kind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
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

/** What the site is made of; a build is as old as the newest of these. */
const SOURCES = ['docs', 'packages', 'apps', 'interop', 'scripts'];
/** Written by builds and tests, not by people. */
const MADE = new Set([
  'node_modules',
  'dist',
  'api',
  'cache',
  'screenshots',
  '.examples',
  '.turbo',
]);

const newestIn = (path: string): number =>
  readdirSync(path, { withFileTypes: true }).reduce((newest, entry) => {
    if (MADE.has(entry.name)) return newest;
    const inner = join(path, entry.name);
    return Math.max(newest, entry.isDirectory() ? newestIn(inner) : statSync(inner).mtimeMs);
  }, 0);

/** Builds the site as `pnpm run site` does, unless what stands there is newer than all that it is made of. */
export const siteIsBuilt = async (): Promise<void> => {
  const built = statSync(join(folder, 'index.html'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  // this workspace only looks at it
  const sources = SOURCES.flatMap((name) =>
    name === 'interop'
      ? readdirSync(join(root, name))
          .filter((each) => each !== 'console')
          .map((each) => join(root, name, each))
      : [join(root, name)],
  );
  if (built > Math.max(...sources.map(newestIn))) return;
  const child = spawn(process.execPath, ['scripts/site.ts'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the site could not be built:\n${output}`);
};

/** Reads what {@link siteIsBuilt} has left. */
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
