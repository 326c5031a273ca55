/** The connected UDP socket of an end: opened within a scope that closes it. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { attemptTask, type LiquidError, type Scope } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { TunnelOptions } from './options.js';

/** Holds what arrives while this process waits for a processor: 20 ms of 1 Gbit/s. */
const RECEIVE_BYTES = 4 << 20;

/**
 * Less than the queue of the link below, so that a full link is felt here, and packets are dropped before they are
 * compressed: one that gets lost later takes its part of the context with it.
 */
const SEND_BYTES = 256 << 10;

/** Opens it; a connected socket receives from its peer alone, and the kernel looks the route up once. */
export const openUdpSocket = (
  { local, remote, receiveBytes = RECEIVE_BYTES, sendBytes = SEND_BYTES }: TunnelOptions,
  scope: Scope<never>,
): TaskEither<LiquidError, Socket> =>
  attemptTask('opening the UDP socket', async () => {
    const socket = createSocket({
      type: 'udp4',
      recvBufferSize: receiveBytes,
      sendBufferSize: sendBytes,
    });
    scope.defer(async () => {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
      return E.right(undefined);
    });
    socket.bind(local.port, local.address);
    await once(socket, 'listening');
    socket.connect(remote.port, remote.address);
    await once(socket, 'connect');
    return socket;
  });
