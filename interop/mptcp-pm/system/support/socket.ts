/** MPTCP sockets of the workers: an error ends the worker with its words. */

import type { Server, Socket } from 'node:net';
import { connectMptcp, listenMptcp } from '@liquid/netlink/mptcp-socket';
import { renderError } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';

/** Connects; the connection has fallen back to TCP nowhere here, or it is an error. */
export const connectTo = async (host: string, port: number): Promise<Socket> => {
  const connected = await connectMptcp({ host, port, fallback: 'refuse', timeoutMs: 10_000 })();
  if (E.isRight(connected)) return connected.right;
  throw new Error(renderError(connected.left));
};

/** Listens on every address of the host, and tells the parent when it does. */
export const listenOn = async (
  port: number,
  onConnection: (socket: Socket) => void,
): Promise<Server> => {
  const listening = await listenMptcp({ port })();
  if (E.isLeft(listening)) throw new Error(renderError(listening.left));
  listening.right.on('connection', onConnection);
  process.send?.('listening');
  return listening.right;
};
