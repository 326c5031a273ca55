/** The gate of the links in Markdown: files, anchors, and the hosts that a link may lead to. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { projectFiles } from '../lib/files.ts';
import { foreignProblem } from '../lib/link-hosts.ts';
import { anchorsOf, linksOf, repositorySlug, siteSlug } from '../lib/markdown.ts';
import type { Gate } from './gate.ts';

const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile();

/** Pages of the site that typedoc writes; `pnpm site` checks the links to them where they stand. */
const GENERATED = /^\/api\//;

/** The file that a link of the site's pages leads to, or undefined. */
const sitePage = (root: string, from: string, path: string): string | undefined => {
  const place = normalize(join(path.startsWith('/') ? 'docs' : dirname(from), path));
  if (!place.startsWith('docs')) return undefined;
  const plain = place.replace(/\.(?:md|html)$/, '').replace(/\/$/, '');
  return [`${plain}.md`, `${plain}/index.md`, place, place.replace(/^docs\//, 'docs/public/')].find(
    (candidate) => isFile(join(root, candidate)),
  );
};

const problemOf = (root: string, from: string, target: string): string | null => {
  if (/^[a-z][a-z+.-]*:/i.test(target)) return foreignProblem(target);
  const onSite = from.startsWith('docs/');
  const [path = '', anchor = ''] = target.split('#');
  if (onSite && GENERATED.test(path)) return null;
  const file =
    path === ''
      ? from
      : onSite
        ? sitePage(root, from, path)
        : normalize(join(dirname(from), decodeURIComponent(path)));
  if (file === undefined || !existsSync(join(root, file))) return `${path} is not there`;
  if (anchor === '' || !file.endsWith('.md')) return null;
  const anchors = anchorsOf(
    readFileSync(join(root, file), 'utf8'),
    onSite ? siteSlug : repositorySlug,
  );
  return anchors.has(decodeURIComponent(anchor)) ? null : `${file} has no heading #${anchor}`;
};

export const links: Gate = {
  name: 'links',
  rule: 'Every link in Markdown leads to a file and heading that are there, or to a known host.',
  check: (root) =>
    Promise.resolve(
      projectFiles(root)
        .filter((path) => path.endsWith('.md') && !path.startsWith('.changeset/'))
        .flatMap((path) =>
          linksOf(readFileSync(join(root, path), 'utf8')).flatMap(({ line, target }) => {
            const problem = problemOf(root, path, target);
            return problem === null ? [] : [`${path}:${line}: ${problem}`];
          }),
        ),
    ),
};
