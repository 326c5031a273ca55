/** What a built site must be: no link leads nowhere, nothing is loaded from another origin. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { foreignProblem } from './link-hosts.ts';

const filesBelow = (folder: string, below = ''): readonly string[] =>
  readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(below, entry.name);
    return entry.isDirectory() ? filesBelow(folder, path) : [path];
  });

const unescape = (text: string): string =>
  text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'");

/** Elements that load what they name, so that it must come from here. */
const LOADS = new Set(['script', 'img', 'iframe', 'source', 'video', 'audio', 'link', 'object']);

const FOREIGN = /^(?:[a-z][a-z\d+.-]*:)?\/\//i;

/** The file that a server with clean addresses answers with, or undefined. */
const fileOf = (folder: string, path: string): string | undefined => {
  const plain = decodeURIComponent(path).replace(/^\//, '');
  return [plain, `${plain.replace(/\/$/, '')}.html`, posix.join(plain, 'index.html')].find(
    (candidate) => {
      const place = join(folder, candidate);
      return candidate !== '' && existsSync(place) && statSync(place).isFile();
    },
  );
};

/** Every dead link, foreign source and unknown host of the site that stands in `folder`. */
export const siteProblems = (folder: string): readonly string[] => {
  const problems = new Set<string>();
  const files = filesBelow(folder);
  const pages = new Map(
    files
      .filter((path) => path.endsWith('.html'))
      .map((path) => [path, readFileSync(join(folder, path), 'utf8')]),
  );
  const ids = new Map(
    [...pages].map(([path, html]) => [
      path,
      new Set([...html.matchAll(/\sid="([^"]*)"/g)].map(([, id = '']) => unescape(id))),
    ]),
  );
  const check = (page: string, element: string, raw: string): void => {
    const target = unescape(raw);
    if (LOADS.has(element) && FOREIGN.test(target)) {
      problems.add(`${page}: <${element}> loads ${target}`);
      return;
    }
    if (/^(?:data|mailto|javascript):/i.test(target)) return;
    if (FOREIGN.test(target)) {
      const problem = foreignProblem(target);
      if (problem !== null) problems.add(`${page}: ${problem}`);
      return;
    }
    const [address = '', anchor = ''] = target.split('#');
    const path = address.split('?')[0] ?? '';
    const from = `/${posix.dirname(page)}/`;
    const file = path === '' ? page : fileOf(folder, posix.resolve(from, path));
    const found = path === '/' ? 'index.html' : file;
    if (found === undefined) problems.add(`${page}: ${target} leads nowhere`);
    else if (anchor !== '' && ids.get(found)?.has(decodeURIComponent(anchor)) === false) {
      problems.add(`${page}: ${target}: ${found} has no such anchor`);
    }
  };
  for (const [page, html] of pages) {
    // Not found is answered at any depth; its links are all from the root.
    for (const [, element = '', attributes = ''] of html.matchAll(/<([a-z]+)\b([^>]*)>/g)) {
      for (const [, target = ''] of attributes.matchAll(/\s(?:href|src|data)="([^"]*)"/g)) {
        check(page, element, target);
      }
    }
  }
  for (const path of files.filter((name) => name.endsWith('.css'))) {
    const css = readFileSync(join(folder, path), 'utf8');
    for (const [, target = ''] of css.matchAll(/(?:url\(|@import\s*)["']?([^"')\s;]+)/g)) {
      if (FOREIGN.test(target)) problems.add(`${path} loads ${target}`);
    }
  }
  return [...problems].sort();
};
