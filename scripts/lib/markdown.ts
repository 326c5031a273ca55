/** What the gates read in Markdown: prose without code, headings with their anchors, links. */

/** Lines of a page; what is code, comment or front matter is blank, so that numbers of lines hold. */
export const proseLines = (text: string): readonly string[] => {
  let fence = '';
  let comment = false;
  let front = text.startsWith('---\n');
  return text.split('\n').map((line, index) => {
    if (front) {
      if (index > 0 && line === '---') front = false;
      return '';
    }
    const mark = /^\s*(```+|~~~+)/.exec(line)?.[1];
    if (fence !== '') {
      if (mark !== undefined && mark.startsWith(fence) && line.trim() === mark) fence = '';
      return '';
    }
    if (mark !== undefined) {
      fence = mark;
      return '';
    }
    let rest = line;
    if (comment) {
      const end = rest.indexOf('-->');
      if (end < 0) return '';
      comment = false;
      rest = rest.slice(end + 3);
    }
    rest = rest.replaceAll(/<!--.*?-->/g, '');
    const begin = rest.indexOf('<!--');
    if (begin >= 0) {
      comment = true;
      rest = rest.slice(0, begin);
    }
    return rest;
  });
};

/** A line without its inline code. */
export const withoutCode = (line: string): string => line.replaceAll(/(`+)(?!`).*?\1/g, '');

/** The text of a heading as a reader sees it. */
const plainText = (heading: string): string =>
  heading
    .replaceAll(/<[^>]+>/g, '')
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[*`]/g, '')
    .trim();

/** Anchors as the site's renderer makes them. */
export const siteSlug = (heading: string): string =>
  plainText(heading)
    .normalize('NFKD')
    .replaceAll(/[\u0300-\u036F]/g, '')
    .replaceAll(/[\s~`!@#$%^&*()\-_+=[\]{}|\\;:"'“”‘’<>,.?/]+/g, '-')
    .replaceAll(/-{2,}/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .replace(/^(\d)/, '_$1')
    .toLowerCase();

/** Anchors as places that host repositories make them. */
export const repositorySlug = (heading: string): string =>
  plainText(heading)
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');

/** Every anchor of a page: of its headings, and of elements with an id. */
export const anchorsOf = (text: string, slug: (heading: string) => string): ReadonlySet<string> => {
  const anchors = new Set<string>();
  const taken = new Map<string, number>();
  for (const line of proseLines(text)) {
    for (const [, id = ''] of line.matchAll(/\sid="([^"]+)"/g)) anchors.add(id);
    const heading = /^#{1,6}\s+(.*)$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const own = /\{#([^}\s]+)\}\s*$/.exec(heading)?.[1];
    if (own !== undefined) {
      anchors.add(own);
      continue;
    }
    const base = slug(heading);
    const count = taken.get(base) ?? 0;
    taken.set(base, count + 1);
    anchors.add(count === 0 ? base : `${base}-${count}`);
  }
  return anchors;
};

/** A link of a page and its line. */
export interface PageLink {
  readonly line: number;
  readonly target: string;
}

/** Links and pictures, in Markdown and in HTML. */
export const linksOf = (text: string): readonly PageLink[] =>
  proseLines(text).flatMap((raw, index) => {
    const line = withoutCode(raw);
    const targets = [
      ...[...line.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)].map(([, target]) => target),
      ...[...line.matchAll(/^\s*\[[^\]]+\]:\s+<?(\S+?)>?(?:\s|$)/g)].map(([, target]) => target),
      ...[...line.matchAll(/\s(?:href|src)="([^"]+)"/g)].map(([, target]) => target),
      ...[...line.matchAll(/<(https?:[^>\s]+)>/g)].map(([, target]) => target),
    ];
    return targets
      .filter((target) => target !== undefined)
      .map((target) => ({ line: index + 1, target }));
  });
