/** The ends of the TCP transfers: one sends noise until it is told to finish, the other takes it; both hash it. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import {
  attemptTask,
  createRng,
  fromUnknown,
  type LiquidError,
  openRunning,
  type Running,
  type Scope,
} from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import { type TrafficOptions, TrafficStats } from './worker-messages.js';

/** An end of the transfers that runs. */
export interface Traffic extends Running<never, TrafficStats> {
  /** Starts to fetch, where there is something to fetch. */
  readonly begin: () => void;
  /** Sends no more. */
  readonly finish: () => void;
}

/** Octets written at once: enough for one call to fill the kernel's buffer. */
const PIECE = 65_536;

/** Different pieces, so that a lost and a repeated one give another hash. */
const PIECES = 16;

interface Sender {
  readonly bytes: () => number;
  readonly sha256: () => string | null;
  readonly finish: () => void;
}

/** Sends pieces of noise, which no layer can make shorter, as fast as the socket takes them. */
const startSending = (socket: Socket, seed: number): Sender => {
  const rng = createRng(seed);
  const pieces = Array.from({ length: PIECES }, () => rng.fill(new Uint8Array(PIECE)));
  const hash = createHash('sha256');
  let bytes = 0;
  let turn = 0;
  let sha256: string | null = null;
  const send = (): void => {
    while (sha256 === null) {
      // the index stays below the number of pieces
      const piece = pieces[turn++ % PIECES] as Uint8Array;
      hash.update(piece);
      bytes += piece.length;
      if (!socket.write(piece)) return;
    }
  };
  socket.on('drain', send);
  send();
  return {
    bytes: () => bytes,
    sha256: () => sha256,
    finish: () => {
      if (sha256 !== null) return;
      sha256 = hash.digest('hex');
      socket.end();
    },
  };
};

const run = (
  { serve, fetch, seed }: TrafficOptions,
  scope: Scope<never>,
): TaskEither<LiquidError, Pick<Traffic, 'begin' | 'finish' | 'stats'>> =>
  attemptTask('offering octets', async () => {
    const senders: Sender[] = [];
    const sockets = new Set<Socket>();
    const received = createHash('sha256');
    let receivedBytes = 0;
    let receivedSha256: string | null = null;
    let finished = false;

    const adopt = (socket: Socket): void => {
      sockets.add(socket);
      socket.on('error', (error) => scope.fail(fromUnknown('TCP transfer')(error)));
      socket.on('close', () => sockets.delete(socket));
    };
    scope.defer(async () => {
      for (const socket of sockets) socket.destroy();
      return E.right(undefined);
    });
    if (serve !== null) {
      const server = createServer({ allowHalfOpen: true }, (socket) => {
        adopt(socket);
        const sender = startSending(socket, seed);
        senders.push(sender);
        if (finished) sender.finish();
        socket.resume();
      });
      scope.defer(async () => {
        // the sockets are destroyed after this; waiting for them here would wait for ever
        server.close();
        return E.right(undefined);
      });
      server.listen(serve);
      await once(server, 'listening');
    }
    return {
      begin: () => {
        if (fetch === null) return;
        const socket = connect({ host: fetch.address, port: fetch.port });
        adopt(socket);
        socket.on('data', (piece) => {
          received.update(piece);
          receivedBytes += piece.length;
        });
        socket.on('end', () => {
          receivedSha256 = received.digest('hex');
        });
      },
      finish: () => {
        finished = true;
        for (const sender of senders) sender.finish();
      },
      stats: () => ({
        sentBytes: senders.reduce((sum, sender) => sum + sender.bytes(), 0),
        sentSha256: senders[0]?.sha256() ?? null,
        receivedBytes,
        receivedSha256,
      }),
    };
  });

/** Opens an end of the transfers in the namespace that this process is in. */
export const openTraffic = (options: TrafficOptions): TaskEither<LiquidError, Traffic> =>
  openRunning<never, TrafficStats>()({ what: 'TCP transfer', statsCodec: TrafficStats }, (scope) =>
    run(options, scope),
  );
