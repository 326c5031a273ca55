/** Somebody types: a short line every so often, sent back at once, and how long each took. */
import type { Socket } from 'node:net';
import { connectMptcp, listenMptcp, type MptcpSocketError } from '@liquid/netlink/mptcp-socket';
import { type Clock, fromUnknown, type Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { Place } from '../lab/stream.js';

/** Octets of a line: its number, padded. */
const LINE = 64;

/** Sends back what comes; gives the function that ends it. */
export const openEcho =
  (place: Place): TaskEither<MptcpSocketError, () => void> =>
  async () => {
    const listening = await listenMptcp(place)();
    if (E.isLeft(listening)) return listening;
    const sockets = new Set<Socket>();
    listening.right.on('connection', (socket) => {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
      socket.on('data', (piece) => socket.write(piece));
    });
    return E.right(() => {
      listening.right.close();
      for (const socket of sockets) socket.destroy();
    });
  };

/** One line that came back. */
export interface Echo {
  readonly sentAtMs: number;
  readonly delayMs: number;
}

export interface Typist {
  /** Lines that were sent and have not come back. */
  readonly waiting: () => number;
  readonly failure: () => Tagged | undefined;
  readonly close: () => void;
}

export interface TypistOptions extends Place {
  readonly everyMs: number;
  readonly clock: Clock;
  readonly onEcho: (echo: Echo) => void;
}

/** Connects and types until it is closed. */
export const openTypist =
  ({
    namespace,
    address,
    port,
    everyMs,
    clock,
    onEcho,
  }: TypistOptions): TaskEither<MptcpSocketError, Typist> =>
  async () => {
    const connected = await connectMptcp({ namespace, host: address, port, timeoutMs: 10_000 })();
    if (E.isLeft(connected)) return connected;
    const socket = connected.right;
    const sent: number[] = [];
    let answered = 0;
    let rest = '';
    let failure: Tagged | undefined;
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('error', (caught) => (failure ??= fromUnknown('typing')(caught)));
    socket.on('data', (text: string) => {
      rest += text;
      for (; rest.length >= LINE; rest = rest.slice(LINE)) {
        const sentAtMs = sent[Number.parseInt(rest, 10)];
        answered++;
        if (sentAtMs !== undefined) onEcho({ sentAtMs, delayMs: clock.nowMs() - sentAtMs });
      }
    });
    const timer = setInterval(() => {
      const number = sent.push(clock.nowMs()) - 1;
      socket.write(String(number).padEnd(LINE));
    }, everyMs);
    return E.right({
      waiting: () => sent.length - answered,
      failure: () => failure,
      close: () => {
        clearInterval(timer);
        socket.destroy();
      },
    });
  };
