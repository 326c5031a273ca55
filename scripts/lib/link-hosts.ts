/** Where a link may lead outside: hosts that keep what they publish. None is asked when gates run. */
const HOSTS: ReadonlySet<string> = new Set([
  'gcanti.github.io',
  'www.rfc-editor.org',
  'www.usenix.org',
]);

/** Why a link to another origin is refused, or null. */
export const foreignProblem = (target: string): string | null => {
  const url = URL.parse(target);
  if (url === null) return `${target} is no address`;
  if (url.protocol !== 'https:') return `${target} is not https`;
  return HOSTS.has(url.hostname) ? null : `${url.hostname} is not in scripts/lib/link-hosts.ts`;
};
