/** A listener for joins at an address that was announced with a port of its own. */

import { listenMptcp } from '@liquid/netlink/mptcp-socket';
import * as E from 'fp-ts/lib/Either.js';
import { EXIT_INTERRUPTED, type Session } from './session.js';
import type { Place } from './single.js';
import { readIp, readPort } from './words.js';

/** Listens until it is interrupted. Joins are the kernel's; whole connections are closed at once. */
export const listen = async (
  session: Session,
  ip: string,
  port: string,
  place: Place,
): Promise<number> => {
  const address = readIp('ip', ip);
  const number = readPort('port', port);
  if (E.isLeft(address)) return session.fail(address.left);
  if (E.isLeft(number)) return session.fail(number.left);
  const listening = await listenMptcp({ ...place, address: address.right, port: number.right })();
  if (E.isLeft(listening)) return session.fail(listening.left);
  const server = listening.right;
  server.on('connection', (socket) => socket.destroy());
  const bound = server.address();
  const at = typeof bound === 'object' && bound !== null ? bound.port : number.right;
  session.progress({ listening: { address: ip, port: at } }, `listening on ${ip} port ${at}`);
  await session.untilInterrupted();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  session.succeed({ address: ip, port: at });
  return EXIT_INTERRUPTED;
};
