/** Walks the way of a reaction on made-up events before the first real one, so that it is compiled by then. */

import { MessageCursor, MessageWriter, sourceOf } from '@liquid/netlink';
import { type Clock, type IpAddress, ipv4FromUint32 } from '@liquid/types';
import { type CommandPath, Driver } from './driver.js';
import type { Engine } from './engine.js';
import type { ConnectionFields, PmEvent, SubflowFields } from './event.js';
import { EventReader, writeEvent } from './family-event.js';
import { writeCommand } from './family-command.js';
import type { LocalAddress } from './model.js';

/** Often enough for the compiler's last stage, short enough for a start: some tens of ms. */
const ROUNDS = 600;

/** Requests that change nothing, through the real socket. */
const REAL_CALLS = 200;

/** 192.0.2.0/24 and 198.51.100.0/24 are for documentation (RFC 5737): nobody has them. */
const LOCAL = [ipv4FromUint32(0xc0000201), ipv4FromUint32(0xc0000202)] as const;
const REMOTE = [ipv4FromUint32(0xc6336401), ipv4FromUint32(0xc6336402)] as const;

const ADDRESSES: ReadonlyArray<LocalAddress> = LOCAL.map((address, i) => ({
  address,
  interfaceName: `warm${i}`,
  interfaceIndex: i + 1,
  up: true,
}));

/** The life of one connection with a second subflow. */
const lifeOf = (token: number): ReadonlyArray<PmEvent> => {
  const tuple = { local: LOCAL[0] as IpAddress, localPort: 40_000, remote: REMOTE[0] as IpAddress };
  const connection: ConnectionFields = {
    token,
    ...tuple,
    remotePort: 80,
    serverSide: false,
    denyJoinId0: false,
  };
  const subflow: SubflowFields = {
    token,
    local: LOCAL[1],
    localPort: 40_001,
    remote: REMOTE[0],
    remotePort: 80,
    localId: 1,
    remoteId: 0,
    backup: false,
    interfaceIndex: 2,
  };
  return [
    { _tag: 'Created', ...connection },
    { _tag: 'Established', ...connection },
    { _tag: 'SubEstablished', ...subflow },
    { _tag: 'Announced', token, remoteId: 2, address: REMOTE[1], port: 80 },
    { _tag: 'SubPriority', ...subflow, backup: true },
    { _tag: 'SubClosed', ...subflow, error: 104 },
    { _tag: 'Removed', token, remoteId: 2 },
    { _tag: 'Closed', token },
  ];
};

/** Takes every command and does nothing. */
const NO_KERNEL: Pick<CommandPath, 'generic' | 'diag'> = {
  generic: { call: () => 0, refusal: () => ({ _tag: 'Closed', message: 'bug: never refused' }) },
  diag: { call: () => 0, refusal: () => ({ _tag: 'Closed', message: 'bug: never refused' }) },
};

/**
 * Runs decoding, engine with its policies, and encoding, as they are for real events, on copies that
 * are thrown away. Of the kernel it asks only for the limits of its own manager, which changes nothing.
 */
export const warmUp = (engine: Engine, path: CommandPath): void => {
  const { familyId } = path;
  let nowMs = 0;
  const clock: Pick<Clock, 'nowMs'> = { nowMs: () => nowMs as ReturnType<Clock['nowMs']> };
  const driver = new Driver(
    engine,
    clock,
    { ...NO_KERNEL, familyId, writer: new MessageWriter() },
    { onStep: () => undefined, onOutcome: () => undefined, onWake: () => undefined },
  );
  driver.dispatch({ _tag: 'Addresses', atMs: 0, addresses: ADDRESSES });
  const writer = new MessageWriter();
  const reader = new EventReader();
  const message = new MessageCursor();
  for (let round = 0; round < ROUNDS; round++) {
    for (const event of lifeOf(Math.imul(round + 1, 0x9e3779b1) >>> 0)) {
      writeEvent(writer, familyId, event);
      message.reset(sourceOf(writer.finish()), writer.length);
      message.next();
      const read = reader.read(message);
      nowMs += 1;
      if (read !== undefined) driver.dispatch({ _tag: 'Event', atMs: nowMs, event: read });
    }
  }
  for (let call = 0; call < REAL_CALLS; call++) {
    writeCommand(path.writer, familyId, { _tag: 'GetLimits' });
    if (path.generic.call(path.writer) !== 0) return;
  }
};
