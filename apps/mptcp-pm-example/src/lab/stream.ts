/** Streams of octets over MPTCP between hosts of a lab, hashed at both ends. */
import { createCipheriv, createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { connectMptcp, listenMptcp, type MptcpSocketError } from '@liquid/netlink/mptcp-socket';
import { fromUnknown, type LiquidError, type Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';

/** What one end of a stream has carried; the hash comes with its end. */
export interface Carried {
  readonly bytes: number;
  readonly sha256: string | undefined;
}

/** Where a stream ends: takes one connection, or several of which it counts the first. */
export interface Sink {
  readonly carried: () => Carried;
  /** Left when the connection broke. */
  readonly done: Promise<E.Either<LiquidError, Carried>>;
  readonly close: () => void;
}

/** Where to: a host's namespace, and its address. */
export interface Place {
  readonly namespace: string;
  readonly address: string;
  readonly port: number;
}

/** Opens the receiving end. */
export const openSink =
  ({ namespace, address, port }: Place): TaskEither<MptcpSocketError, Sink> =>
  async () => {
    const listening = await listenMptcp({ namespace, address, port })();
    if (E.isLeft(listening)) return listening;
    const server = listening.right;
    const sockets = new Set<Socket>();
    const hash = createHash('sha256');
    let first: Socket | undefined;
    let bytes = 0;
    let sha256: string | undefined;
    const carried = (): Carried => ({ bytes, sha256 });
    const done = new Promise<E.Either<LiquidError, Carried>>((resolve) => {
      server.on('connection', (socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
        const counted = first === undefined;
        first ??= socket;
        socket.on('error', (caught) => {
          if (counted) resolve(E.left(fromUnknown('receiving')(caught)));
        });
        socket.on('data', (piece) => {
          if (!counted) return;
          hash.update(piece);
          bytes += piece.length;
        });
        socket.on('end', () => {
          if (!counted) return;
          sha256 = hash.digest('hex');
          resolve(E.right(carried()));
        });
      });
    });
    return E.right({
      carried,
      done,
      close: () => {
        server.close();
        for (const socket of sockets) socket.destroy();
      },
    });
  };

/** Where a stream begins. */
export interface Source {
  readonly localPort: number;
  readonly carried: () => Carried;
  /** Why it broke. */
  readonly failure: () => Tagged | undefined;
  /** Ends the stream after what was written. */
  readonly finish: () => void;
  readonly close: () => void;
}

/** What a stream carries, and from where. */
export interface SourceOptions {
  /** The sending host. */
  readonly namespace: string;
  readonly host: string;
  readonly port: number;
  readonly localAddress?: string;
  /** Octets in all; default without end, until `finish`. */
  readonly bytes?: number;
  /** Octets a second at most; default as many as go. */
  readonly bytesPerSecond?: number;
  readonly seed: number;
}

/** Octets written at once, unless a rate makes them fewer. */
const PIECE = 16_384;
/** Different pieces, so that a lost and a repeated one give another hash. */
const PIECES = 61;
/** Milliseconds between two writes at a rate. */
const BEAT_MS = 20;

/** The stream of a cipher: noise like any other, a thousand times as fast. */
const noise = (seed: number): ReadonlyArray<Uint8Array> => {
  const key = new Uint8Array(16);
  new DataView(key.buffer).setUint32(0, seed >>> 0);
  const cipher = createCipheriv('aes-128-ctr', key, new Uint8Array(16));
  const zeros = new Uint8Array(PIECE);
  return Array.from({ length: PIECES }, () => cipher.update(zeros));
};

/** Connects and begins to send noise, which no layer can make shorter. */
export const openSource =
  (options: SourceOptions): TaskEither<MptcpSocketError, Source> =>
  async () => {
    const { namespace, host, port, localAddress, bytesPerSecond } = options;
    const pieces = noise(options.seed);
    const connected = await connectMptcp({
      namespace,
      host,
      port,
      timeoutMs: 10_000,
      ...(localAddress === undefined ? {} : { localAddress }),
    })();
    if (E.isLeft(connected)) return connected;
    const socket = connected.right;
    const hash = createHash('sha256');
    const total = options.bytes ?? Number.POSITIVE_INFINITY;
    let bytes = 0;
    let turn = 0;
    let sha256: string | undefined;
    let failure: Tagged | undefined;
    const finish = (): void => {
      if (sha256 !== undefined) return;
      sha256 = hash.digest('hex');
      socket.end();
    };
    /** Writes one piece; false when the socket has enough for now. */
    const write = (most: number): boolean => {
      // the index stays below the number of pieces
      const whole = pieces[turn++ % PIECES] as Uint8Array;
      const piece = whole.subarray(0, Math.min(most, total - bytes));
      hash.update(piece);
      bytes += piece.length;
      return socket.write(piece);
    };
    const send = (): void => {
      while (sha256 === undefined) {
        if (bytes >= total) return finish();
        if (!write(PIECE)) return;
      }
    };
    const beat = (): void => {
      if (sha256 !== undefined || bytesPerSecond === undefined) return;
      if (bytes >= total) return finish();
      if (!socket.writableNeedDrain) write(Math.ceil((bytesPerSecond * BEAT_MS) / 1000));
    };
    socket.on('error', (caught) => (failure ??= fromUnknown('sending')(caught)));
    socket.resume();
    let timer: NodeJS.Timeout | undefined;
    if (bytesPerSecond === undefined) {
      socket.on('drain', send);
      send();
    } else timer = setInterval(beat, BEAT_MS);
    return E.right({
      localPort: socket.localPort ?? 0,
      carried: () => ({ bytes, sha256 }),
      failure: () => failure,
      finish,
      close: () => {
        clearInterval(timer);
        socket.destroy();
      },
    });
  };
