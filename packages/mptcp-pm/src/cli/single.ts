/** Single commands at the kernel's family: one request, its answer printed, its refusal explained. */

import {
  groupOf,
  MessageWriter,
  NETLINK,
  type NetlinkSocket,
  openNetlink,
  resolveFamily,
} from '@liquid/netlink';
import type { Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { toPmError } from '../error.js';
import type { PmEvent } from '../event.js';
import { MPTCP_PM } from '../family.js';
import {
  commandName,
  type PmAddress,
  type PmCommand,
  type PmLimits,
  readAddress,
  readLimits,
  writeCommand,
} from '../family-command.js';
import { EventReader } from '../family-event.js';
import { listLinks } from '../local-addresses.js';
import { eventLine } from './event-line.js';
import { EXIT_INTERRUPTED, type Session, usage } from './session.js';
import { addressLine, limitLines, VERBS } from './verbs.js';

/** Where commands go. */
export interface Place {
  readonly namespace?: string;
}

const withSocket = async (
  session: Session,
  place: Place,
  use: (socket: NetlinkSocket, familyId: number) => Promise<number>,
): Promise<number> => {
  const opened = await openNetlink({ protocol: NETLINK.GENERIC, ...place })();
  if (E.isLeft(opened)) return session.fail(opened.left);
  const socket = opened.right;
  const family = await resolveFamily(socket, MPTCP_PM.NAME)();
  const code = E.isLeft(family) ? session.fail(family.left) : await use(socket, family.right.id);
  await socket.stop();
  return code;
};

/** Indices of devices by name, and names by index. */
const devices = async (place: Place): Promise<E.Either<Tagged, ReadonlyMap<number, string>>> => {
  const route = await openNetlink({ protocol: NETLINK.ROUTE, ...place })();
  if (E.isLeft(route)) return route;
  const links = await listLinks(route.right)();
  await route.right.stop();
  return links;
};

interface Answer {
  readonly addresses: ReadonlyArray<PmAddress>;
  readonly limits?: PmLimits;
}

const ask = async (
  socket: NetlinkSocket,
  familyId: number,
  command: PmCommand,
): Promise<E.Either<Tagged, Answer>> => {
  const writer = new MessageWriter();
  writeCommand(writer, familyId, command);
  const addresses: Array<PmAddress> = [];
  let limits: PmLimits | undefined;
  const onMessage: Parameters<NetlinkSocket['dump']>[1] = (message) => {
    if (message.type !== familyId) return;
    if (command._tag === 'GetLimits') limits = readLimits(message);
    const address = readAddress(message);
    if (address !== undefined) addresses.push(address);
  };
  const all = command._tag === 'GetAddress' && command.local === undefined;
  const done = all
    ? await socket.dump(writer, onMessage, () => void (addresses.length = 0))()
    : await socket.request(writer, onMessage)();
  if (E.isLeft(done)) {
    const token = 'token' in command ? command.token : undefined;
    const address = 'local' in command ? command.local?.address : undefined;
    return E.left(toPmError(done.left, { command: commandName(command._tag), token, address }));
  }
  return E.right(limits === undefined ? { addresses } : { addresses, limits });
};

/** Runs one of {@link VERBS}. */
export const single = async (
  session: Session,
  verb: string,
  args: ReadonlyArray<string>,
  place: Place,
): Promise<number> => {
  const links = await devices(place);
  if (E.isLeft(links)) return session.fail(links.left);
  const command = VERBS[verb]?.read(args, (device) => {
    for (const [index, name] of links.right) if (name === device) return E.right(index);
    return E.left(usage(`dev: no device ${device}`));
  });
  if (command === undefined) return session.fail(usage(`unknown command ${verb}`));
  if (E.isLeft(command)) return session.fail(command.left);
  return withSocket(session, place, async (socket, familyId) => {
    const answer = await ask(socket, familyId, command.right);
    if (E.isLeft(answer)) return session.fail(answer.left);
    const nameOf = (index: number): string => links.right.get(index) ?? `unknown/${index}`;
    return session.succeed(answer.right, ({ addresses, limits }) =>
      limits === undefined
        ? addresses.map((address) => addressLine(address, nameOf)).join('\n')
        : limitLines(limits),
    );
  });
};

/** Prints events as they come, in the form of the kernel's tool, until it is interrupted. */
export const events = (session: Session, place: Place): Promise<number> =>
  withSocket(session, place, async (socket, familyId) => {
    const family = await resolveFamily(socket, MPTCP_PM.NAME)();
    const group = E.isLeft(family) ? family : groupOf(family.right, MPTCP_PM.EVENTS_GROUP);
    if (E.isLeft(group)) return session.fail(group.left);
    const reader = new EventReader();
    let count = 0;
    const joined = socket.subscribe(group.right, (message) => {
      const event = message.type === familyId ? reader.read(message) : undefined;
      const line = event && eventLine(event);
      if (event === undefined || line === undefined) return;
      count++;
      if (session.json) session.progress(event satisfies PmEvent, line);
      else session.line(line);
    });
    if (E.isLeft(joined)) return session.fail(joined.left);
    socket.events.onTag('Overrun', () => {
      session.process.stderr.write('mptcp-pm: events were lost: this reader is too slow\n');
    });
    await session.untilInterrupted();
    joined.right();
    session.succeed({ events: count });
    return EXIT_INTERRUPTED;
  });
