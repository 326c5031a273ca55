/** Who may speak to the server: pages of its own origin, and programs of this machine. */

import { decodeError, permission } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { IncomingHttpHeaders } from 'node:http';
import { type Refused, refused } from './refusal.js';

/** The names under which a browser of this machine reaches it. */
const hostsOf = (port: number): ReadonlyArray<string> => [`127.0.0.1:${port}`, `localhost:${port}`];

/**
 * Checks the head of a request. A forged `Host` is how a stranger's name that resolves to loopback is
 * turned into a way in; `Origin` and `Sec-Fetch-Site` say which page a browser speaks for.
 */
export const createGuard = (port: number) => {
  const hosts = hostsOf(port);
  const origins = hosts.map((host) => `http://${host}`);
  return (target: string, headers: IncomingHttpHeaders): E.Either<Refused, void> => {
    const { host = '', origin } = headers;
    const site = headers['sec-fetch-site'];
    // A target with a host of its own (RFC 9112, 3.2.2) is for proxies, which this is not.
    if (!target.startsWith('/')) {
      const error = decodeError({ what: 'target', expected: 'a path', actual: target });
      return E.left(refused(421, error));
    }
    if (!hosts.includes(host.toLowerCase())) {
      const remedy = `open ${origins[0]}/`;
      const error = decodeError({
        what: 'header Host',
        expected: hosts.join(' or '),
        actual: host,
        remedy,
      });
      return E.left(refused(421, error));
    }
    if (origin !== undefined && !origins.includes(origin.toLowerCase())) {
      const message = `a page of another origin may not speak to the console: ${origin.slice(0, 100)}`;
      return E.left(refused(403, permission({ message, remedy: `open ${origins[0]}/ itself` })));
    }
    if (site !== undefined && site !== 'same-origin' && site !== 'none') {
      const message = 'a page of another site may not lead to the console';
      const remedy = `type ${origins[0]}/ into the address bar`;
      return E.left(refused(403, permission({ message, remedy })));
    }
    return E.right(undefined);
  };
};

/** Heads that every answer has. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'self'",
    "base-uri 'none'",
    "object-src 'none'",
    "frame-ancestors 'none'",
    "form-action 'self'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  'cache-control': 'no-store',
};

/** The policy of a picture that is opened by itself: its own style, and nothing else. */
export const SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
