/** An ordinary HTTP server and an ordinary HTTP client of Node, over MPTCP. */
import { createHash } from 'node:crypto';
import { createServer, get } from 'node:http';
import { listenMptcp, mptcpAgent, mptcpStatus } from '@liquid/netlink/mptcp-socket';
import { fromUnknown, io, type LiquidError, type Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { Place } from '../lab/stream.js';

/** Serves these octets; gives the function that ends it. */
export const serve =
  (place: Place, body: Uint8Array): TaskEither<Tagged, () => void> =>
  async () => {
    const digest = createHash('sha256').update(body).digest('hex');
    const server = createServer((_request, response) => {
      response.setHeader('content-length', body.length);
      response.setHeader('etag', `"${digest}"`);
      response.end(body);
    });
    const listening = await listenMptcp({ ...place, server })();
    if (E.isLeft(listening)) return listening;
    return E.right(() => {
      server.close();
      server.closeAllConnections();
    });
  };

export interface Download {
  readonly bytes: number;
  readonly milliseconds: number;
  /** Whether the connection was MPTCP at the end. */
  readonly multipath: boolean;
}

/** Fetches from the server, and checks the hash that it gave. */
export const download =
  (
    { namespace, address, port }: Place,
    signal: AbortSignal,
    onBytes: (bytes: number) => void,
  ): TaskEither<LiquidError, Download> =>
  () =>
    new Promise((resolve) => {
      const began = performance.now();
      const agent = mptcpAgent({ namespace });
      const fail = (caught: unknown): void => resolve(E.left(fromUnknown('downloading')(caught)));
      get({ host: address, port, agent, signal }, (response) => {
        const hash = createHash('sha256');
        let bytes = 0;
        response.on('data', (piece: Uint8Array) => {
          hash.update(piece);
          bytes += piece.length;
          onBytes(bytes);
        });
        response.on('error', fail);
        response.on('end', () => {
          const milliseconds = performance.now() - began;
          const status = mptcpStatus(response.socket);
          if (response.headers.etag !== `"${hash.digest('hex')}"`) {
            return resolve(E.left(io({ message: 'the download has another hash than was sent' })));
          }
          resolve(
            E.right({
              bytes,
              milliseconds,
              multipath: E.isRight(status) && !status.right.fallback,
            }),
          );
        });
      }).on('error', fail);
    });
