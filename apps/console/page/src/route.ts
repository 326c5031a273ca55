/** Addresses of the page: what a path shows, and the path that shows it. */

/** What is shown. */
export type Route =
  | { readonly name: 'home' }
  | { readonly name: 'scenario'; readonly id: string; readonly run: string | null }
  | { readonly name: 'unknown'; readonly path: string };

const decoded = (text: string): string | null => {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
};

/** The route of a location's path and query. */
export const routeOf = (path: string, search: string): Route => {
  if (path === '/' || path === '/index.html') return { name: 'home' };
  const scenario = /^\/scenarios\/([^/]+)\/?$/.exec(path)?.[1];
  const id = scenario === undefined ? null : decoded(scenario);
  if (id === null) return { name: 'unknown', path };
  const run = new URLSearchParams(search).get('run');
  return { name: 'scenario', id, run: run === '' ? null : run };
};

/** The address of a scenario, or of one of its runs. */
export const scenarioPath = (id: string, run: string | null = null): string =>
  `/scenarios/${encodeURIComponent(id)}${run === null ? '' : `?run=${encodeURIComponent(run)}`}`;
