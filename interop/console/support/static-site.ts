/** A built site, served on loopback as a plain host does: clean addresses, gzip where it is asked for, a 404 page. */
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.gz': 'application/gzip',
  '.woff2': 'font/woff2',
};

const TEXT = new Set(['.html', '.js', '.css', '.json', '.svg']);

const isFile = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isFile() === true;

/** A site that is being served. */
export interface Site {
  readonly origin: string;
  readonly stop: () => Promise<void>;
}

/** Serves `folder` under `base` (which ends in a slash), any port. */
export const serveSite = async (folder: string, base = '/'): Promise<Site> => {
  const find = (path: string): string | undefined =>
    [path, `${path}.html`, join(path, 'index.html')].find(isFile);
  const server = createServer((request, response) => {
    const asked = decodeURIComponent(new URL(request.url ?? '/', 'http://host').pathname);
    const found = asked.startsWith(base)
      ? find(join(folder, normalize(`/${asked.slice(base.length)}`)))
      : undefined;
    const path = found ?? join(folder, '404.html');
    if (!isFile(path)) {
      response.writeHead(404).end();
      return;
    }
    const kind = extname(path);
    const octets = readFileSync(path);
    const packed = TEXT.has(kind) && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
    response.writeHead(found === undefined ? 404 : 200, {
      'content-type': TYPES[kind] ?? 'application/octet-stream',
      ...(packed ? { 'content-encoding': 'gzip' } : undefined),
    });
    response.end(packed ? gzipSync(octets) : octets);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    origin: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
