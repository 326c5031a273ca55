/** Walks the way of a reaction on made-up events before the first real one, so that it is compiled by then. */

import {
  AF,
  emptyDiagRow,
  MessageCursor,
  MessageWriter,
  MPTCP_SUBFLOW_FLAG,
  sourceOf,
} from '@liquid/netlink';
import { type Clock, type IpAddress, ipAddressToBytes, ipv4FromUint32 } from '@liquid/types';
import { callKernel, type CommandPath, commandPath, Driver } from './driver.js';
import type { Engine } from './engine.js';
import type { ConnectionFields, PmEvent, SubflowFields } from './event.js';
import { AddressTexts } from './family-address.js';
import { establishedDatagramAfter, EventReader, writeEvent } from './family-event.js';
import { writeCommand } from './family-command.js';
import type { LocalAddress, SubflowSample } from './model.js';
import { sampleOf } from './sample.js';

/** Often enough for the compiler's last stage, short enough for a start: some tens of ms. */
const ROUNDS = 600;

/** Polls are rarer than events. */
const POLL_EVERY = 4;

/** Rounds after which everything is forgotten. */
const FRESH_EVERY = 16;

/** Requests that change nothing, through the real socket. */
const REAL_CALLS = 200;

/** 192.0.2.0/24 is for documentation (RFC 5737): nobody has it. */
const LOCAL = [ipv4FromUint32(0xc0000201), ipv4FromUint32(0xc0000202)] as const;

/** 198.18.0.0/15 is for benchmarks (RFC 2544): big enough that peers go on being new ones. */
const remoteOf = (number: number): IpAddress => ipv4FromUint32(0xc6120000 + number);

const ADDRESSES: ReadonlyArray<LocalAddress> = LOCAL.map((address, i) => ({
  address,
  interfaceName: `warm${i}`,
  interfaceIndex: i + 1,
  up: true,
}));

/** The life of one connection with a second subflow. */
const lifeOf = (token: number, remote: IpAddress, other: IpAddress): ReadonlyArray<PmEvent> => {
  const tuple = { local: LOCAL[0] as IpAddress, localPort: 40_000, remote };
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
    remote,
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
    { _tag: 'Announced', token, remoteId: 2, address: other, port: 80 },
    { _tag: 'SubPriority', ...subflow, backup: true },
    { _tag: 'SubClosed', ...subflow, error: 104 },
    { _tag: 'Removed', token, remoteId: 2 },
    { _tag: 'Closed', token },
  ];
};

/** A poll's sample of a subflow, made by the code that makes the real ones. */
const sampleWith = (
  token: number,
  local: IpAddress,
  localPort: number,
  remote: IpAddress,
  texts: AddressTexts,
): SubflowSample => {
  const row = emptyDiagRow();
  row.state = 1;
  row.family = AF.INET;
  row.localPort = localPort;
  row.remotePort = 80;
  row.localAddress.set(ipAddressToBytes(local));
  row.remoteAddress.set(ipAddressToBytes(remote));
  row.subflow.present = true;
  row.subflow.tokenLocal = token;
  row.subflow.flags = MPTCP_SUBFLOW_FLAG.MCAP_REM | MPTCP_SUBFLOW_FLAG.FULLY_ESTABLISHED;
  row.tcp.rttUs = 20_000;
  row.tcp.cwnd = 10;
  row.tcp.sendMssBytes = 1448;
  return sampleOf(row, texts);
};

/** Every so often a kernel refuses. */
const REFUSE_EVERY = 7;

const REFUSED = -22;

/** Takes commands and does nothing, or refuses. */
const noKernel = (): CommandPath['generic'] => {
  let calls = 0;
  return {
    call: () => (++calls % REFUSE_EVERY === 0 ? REFUSED : 0),
    arm: () => true,
    disarm: () => undefined,
    refusal: () => ({
      _tag: 'KernelRefusal',
      message: 'warming up',
      errno: 22,
      code: 'EINVAL',
      kernelText: 'invalid token',
    }),
  };
};

/**
 * Runs decoding, engine with its policies, and encoding, as they are for real events, on copies that
 * are thrown away. Of the kernel it asks only for the limits of its own manager, which changes nothing.
 */
export const warmUp = (engine: Engine, path: CommandPath, clock: Pick<Clock, 'nowMs'>): void => {
  const { familyId } = path;
  // Times with a fraction, as real ones: what the compiler has seen as whole numbers it would have
  // to compile anew.
  let nowMs = clock.nowMs() + 0.25;
  const writer = new MessageWriter();
  // From the first round on, so that nothing is compiled for one kind of socket alone.
  let answers = true;
  const callReal = (round: number): void => {
    if (!answers || round >= REAL_CALLS) return;
    writeCommand(path.writer, familyId, { _tag: 'GetLimits' });
    answers = callKernel(path.generic, path.writer) === 0;
  };
  const kernel = noKernel();
  const start = (): Driver => {
    const driver = new Driver(engine, clock, commandPath(kernel, kernel, familyId, writer), {
      onStep: () => undefined,
      onOutcome: () => undefined,
      onWake: () => undefined,
    });
    driver.dispatch({ _tag: 'Addresses', atMs: nowMs, addresses: ADDRESSES.slice() });
    return driver;
  };
  let driver = start();
  const reader = new EventReader();
  const texts = new AddressTexts();
  const message = new MessageCursor();
  for (let round = 0; round < ROUNDS; round++) {
    const token = Math.imul(round + 1, 0x9e3779b1) >>> 0;
    // A manager that knows nothing, and addresses never seen, are cases of their own to the compiler.
    if (round % FRESH_EVERY === 0) driver = start();
    callReal(round);
    for (const event of lifeOf(token, remoteOf(2 * round), remoteOf(2 * round + 1))) {
      writeEvent(writer, familyId, event);
      message.reset(sourceOf(writer.finish()), writer.length);
      message.next();
      const read = reader.read(message);
      nowMs += 20.2;
      const foreseen = read?._tag === 'Established' && round % 2 === 0 ? 0 : undefined;
      if (read !== undefined) {
        driver.dispatch({ _tag: 'Event', atMs: nowMs, event: read }, foreseen);
      }
      if (read?._tag === 'Created') {
        const datagram = establishedDatagramAfter(message);
        driver.lookAhead({ event: { ...read, _tag: 'Established' }, datagram });
      }
      if (read?._tag !== 'SubEstablished' || round % POLL_EVERY !== 0) continue;
      nowMs += 300.3;
      const complete = round % (2 * POLL_EVERY) === 0;
      const { remote } = read;
      const samples = [
        sampleWith(token, LOCAL[0], 40_000, remote, texts),
        sampleWith(token, LOCAL[1], 40_001, remote, texts),
        // Of a connection that nobody has heard of: it is adopted, and gone by the next poll.
        sampleWith(token ^ 1, LOCAL[0], 40_002, remote, texts),
      ];
      driver.dispatch({ _tag: 'Samples', atMs: nowMs, complete, samples });
      driver.dispatch({ _tag: 'Wake', atMs: nowMs });
    }
  }
};
