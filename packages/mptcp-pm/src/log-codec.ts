/** Codecs of what a log holds: inputs and commands, checked field by field, without unknown ones. */

import { IpAddress } from '@liquid/types';
import * as t from 'io-ts';
import type { PmEvent, ResetReason, SubflowFields } from './event.js';
import type { Command, EngineInput } from './input.js';
import {
  integerIn,
  maybe,
  numberIn,
  oneOf,
  type OptionCodec,
  optionsCodec,
} from './internal/options.js';
import type { FourTuple, LocalAddress, SubflowSample } from './model.js';
import type { Action, Refusal } from './policy.js';

const address = IpAddress as unknown as OptionCodec<IpAddress>;
const text = t.string as OptionCodec<string>;
const flag = t.boolean as OptionCodec<boolean>;
const port = integerIn(0, 0xffff);
const id = integerIn(0, 0xff);
const uint32 = integerIn(0, 0xffff_ffff);
const count = numberIn(0, Number.MAX_SAFE_INTEGER);
const time = numberIn(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);

const list = <A>(codec: OptionCodec<A>): OptionCodec<ReadonlyArray<A>> => t.readonlyArray(codec);

interface Tagged {
  readonly _tag: string;
}

const tag = <T extends string>(name: T): OptionCodec<T> => oneOf<T>(name);

/** A union told apart by `_tag`, so that an error speaks of the form that was meant. */
const union = <A extends Tagged>(
  name: string,
  codecs: { readonly [K in A['_tag']]: OptionCodec<Extract<A, { readonly _tag: K }>> },
): OptionCodec<A> => {
  const byTag = new Map<string, OptionCodec<A>>(Object.entries(codecs));
  const expected = `_tag ${[...byTag.keys()].join(' or ')}`;
  const find = (input: unknown): OptionCodec<A> | undefined => {
    if (typeof input !== 'object' || input === null || !('_tag' in input)) return undefined;
    return typeof input._tag === 'string' ? byTag.get(input._tag) : undefined;
  };
  return new t.Type<A, unknown>(
    name,
    (value): value is A => find(value)?.is(value) ?? false,
    (input, context) =>
      find(input)?.validate(input, context) ?? t.failure(input, context, expected),
    t.identity,
  );
};

const fourTuple: { readonly [K in keyof FourTuple]: OptionCodec<FourTuple[K]> } = {
  local: address,
  localPort: port,
  remote: address,
  remotePort: port,
};

const sample: OptionCodec<SubflowSample> = optionsCodec<SubflowSample>('sample', {
  ...fourTuple,
  token: uint32,
  localId: id,
  remoteId: id,
  tcpState: integerIn(0, 0xff),
  fullyEstablished: flag,
  join: flag,
  initiated: maybe(flag),
  backup: flag,
  backupRemote: flag,
  interfaceIndex: count,
  rttUs: count,
  rttvarUs: count,
  minRttUs: count,
  rtoUs: count,
  cwnd: count,
  ssthresh: count,
  mssBytes: count,
  congestionState: oneOf<SubflowSample['congestionState']>(
    'open',
    'disorder',
    'cwr',
    'recovery',
    'loss',
  ),
  appLimited: flag,
  deliveryBps: count,
  unacked: count,
  lost: count,
  totalRetrans: count,
  bytesAcked: count,
  bytesSent: count,
  bytesRetrans: count,
  notSentBytes: count,
  sendWindowBytes: count,
  lastAckMs: count,
});

const connectionFields = {
  token: uint32,
  ...fourTuple,
  serverSide: flag,
  denyJoinId0: flag,
};

const subflowFields: { readonly [K in keyof SubflowFields]: OptionCodec<SubflowFields[K]> } = {
  token: uint32,
  ...fourTuple,
  localId: id,
  remoteId: id,
  backup: flag,
  interfaceIndex: integerIn(-0x8000_0000, 0x7fff_ffff),
};

const reset = optionsCodec<ResetReason>('reset', { reason: uint32, transient: flag });

type Of<A extends Tagged, K extends A['_tag']> = Extract<A, { readonly _tag: K }>;

const event = union<PmEvent>('event', {
  Created: optionsCodec<Of<PmEvent, 'Created'>>('Created', {
    _tag: tag('Created'),
    ...connectionFields,
  }),
  Established: optionsCodec<Of<PmEvent, 'Established'>>('Established', {
    _tag: tag('Established'),
    ...connectionFields,
  }),
  Closed: optionsCodec<Of<PmEvent, 'Closed'>>('Closed', { _tag: tag('Closed'), token: uint32 }),
  Announced: optionsCodec<Of<PmEvent, 'Announced'>>('Announced', {
    _tag: tag('Announced'),
    token: uint32,
    remoteId: id,
    address,
    port,
  }),
  Removed: optionsCodec<Of<PmEvent, 'Removed'>>('Removed', {
    _tag: tag('Removed'),
    token: uint32,
    remoteId: id,
  }),
  SubCreated: optionsCodec<Of<PmEvent, 'SubCreated'>>('SubCreated', {
    _tag: tag('SubCreated'),
    ...subflowFields,
  }),
  SubEstablished: optionsCodec<Of<PmEvent, 'SubEstablished'>>('SubEstablished', {
    _tag: tag('SubEstablished'),
    ...subflowFields,
  }),
  SubClosed: optionsCodec<Of<PmEvent, 'SubClosed'>>('SubClosed', {
    _tag: tag('SubClosed'),
    ...subflowFields,
    error: count,
    reset: maybe(reset),
  }),
  SubPriority: optionsCodec<Of<PmEvent, 'SubPriority'>>('SubPriority', {
    _tag: tag('SubPriority'),
    ...subflowFields,
  }),
  ListenerCreated: optionsCodec<Of<PmEvent, 'ListenerCreated'>>('ListenerCreated', {
    _tag: tag('ListenerCreated'),
    local: address,
    localPort: port,
  }),
  ListenerClosed: optionsCodec<Of<PmEvent, 'ListenerClosed'>>('ListenerClosed', {
    _tag: tag('ListenerClosed'),
    local: address,
    localPort: port,
  }),
});

const end = <K extends 'Destroy' | 'Abort'>(name: K): OptionCodec<Of<Action, K>> =>
  optionsCodec<{ readonly _tag: K; readonly token: number; readonly subflow: string }>(name, {
    _tag: tag(name),
    token: uint32,
    subflow: text,
  }) as unknown as OptionCodec<Of<Action, K>>;

const action = union<Action>('action', {
  CreateSubflow: optionsCodec<Of<Action, 'CreateSubflow'>>('CreateSubflow', {
    _tag: tag('CreateSubflow'),
    token: uint32,
    local: address,
    interfaceIndex: maybe(integerIn(0, 0x7fff_ffff)),
    localId: maybe(id),
    remote: address,
    remotePort: port,
    backup: flag,
  }),
  SetBackup: optionsCodec<Of<Action, 'SetBackup'>>('SetBackup', {
    _tag: tag('SetBackup'),
    token: uint32,
    subflow: text,
    backup: flag,
  }),
  Destroy: end('Destroy'),
  Abort: end('Abort'),
  Announce: optionsCodec<Of<Action, 'Announce'>>('Announce', {
    _tag: tag('Announce'),
    token: uint32,
    address,
    id: maybe(id),
    port: maybe(port),
  }),
  Remove: optionsCodec<Of<Action, 'Remove'>>('Remove', {
    _tag: tag('Remove'),
    token: uint32,
    id,
  }),
});

const refusal = optionsCodec<Refusal>('refusal', { tag: text, message: text, errno: count });

const commandCodec: OptionCodec<Command> = optionsCodec<Command>('command', {
  serial: count,
  by: text,
  action,
});

const localAddress = optionsCodec<LocalAddress>('address', {
  address,
  interfaceName: text,
  interfaceIndex: count,
  up: flag,
});

/** @internal */
export const inputCodec: OptionCodec<EngineInput> = union<EngineInput>('input', {
  Event: optionsCodec<Of<EngineInput, 'Event'>>('Event', { _tag: tag('Event'), atMs: time, event }),
  Samples: optionsCodec<Of<EngineInput, 'Samples'>>('Samples', {
    _tag: tag('Samples'),
    atMs: time,
    complete: flag,
    samples: list(sample),
  }),
  Outcome: optionsCodec<Of<EngineInput, 'Outcome'>>('Outcome', {
    _tag: tag('Outcome'),
    atMs: time,
    command: commandCodec,
    refusal: maybe(refusal),
  }),
  Addresses: optionsCodec<Of<EngineInput, 'Addresses'>>('Addresses', {
    _tag: tag('Addresses'),
    atMs: time,
    addresses: list(localAddress),
  }),
  Request: optionsCodec<Of<EngineInput, 'Request'>>('Request', {
    _tag: tag('Request'),
    atMs: time,
    action,
  }),
  Overrun: optionsCodec<Of<EngineInput, 'Overrun'>>('Overrun', {
    _tag: tag('Overrun'),
    atMs: time,
  }),
  Gone: optionsCodec<Of<EngineInput, 'Gone'>>('Gone', {
    _tag: tag('Gone'),
    atMs: time,
    token: uint32,
  }),
  Wake: optionsCodec<Of<EngineInput, 'Wake'>>('Wake', { _tag: tag('Wake'), atMs: time }),
});

/** @internal */
export const commandsCodec: OptionCodec<ReadonlyArray<Command>> = list(commandCodec);
