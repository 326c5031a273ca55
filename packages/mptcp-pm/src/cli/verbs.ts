/** The single commands of the kernel's own test tool, `pm_nl_ctl`: their words as commands of the family. */

import * as E from 'fp-ts/lib/Either.js';
import { ADDRESS_FLAG } from '../family.js';
import type { PmAddress, PmCommand, PmLimits } from '../family-command.js';
import { type UsageError, usage } from './session.js';
import {
  flagNames,
  readFlags,
  readId,
  readIp,
  readNumber,
  readPort,
  readToken,
  readWords,
  type Words,
} from './words.js';

/** A device's index by its name; Left where there is none. */
export type IndexOf = (device: string) => E.Either<UsageError, number>;

type Read = E.Either<UsageError, PmCommand>;

/** How a verb reads its arguments. */
interface Verb {
  readonly arguments: string;
  readonly summary: string;
  readonly read: (args: ReadonlyArray<string>, indexOf: IndexOf) => Read;
}

/** Reads with early return: the first mistake is thrown within, and is a value outside. */
class Mistake {
  constructor(readonly error: UsageError) {}
}

const must = <A>(result: E.Either<UsageError, A>): A => {
  if (E.isLeft(result)) throw new Mistake(result.left);
  return result.right;
};

const reading =
  (read: (args: ReadonlyArray<string>, indexOf: IndexOf) => PmCommand): Verb['read'] =>
  (args, indexOf) => {
    try {
      return E.right(read(args, indexOf));
    } catch (caught) {
      if (caught instanceof Mistake) return E.left(caught.error);
      throw caught;
    }
  };

const words = (args: ReadonlyArray<string>, ...known: ReadonlyArray<string>): Words =>
  must(readWords(args, known));

const none = (args: ReadonlyArray<string>): void => {
  if (args.length > 0) throw new Mistake(usage(`unexpected ${args.join(' ')}`));
};

/** The optional words of an address. */
const optional = (given: Words, indexOf: IndexOf): PmAddress => {
  const [id, port, dev] = [given.get('id'), given.get('port'), given.get('dev')];
  return {
    ...(id === undefined ? {} : { id: must(readId(id)) }),
    ...(port === undefined ? {} : { port: must(readPort('port', port)) }),
    ...(dev === undefined ? {} : { interfaceIndex: must(indexOf(dev)) }),
  };
};

const ends = (given: Words): { readonly token: number; readonly remote: PmAddress } => ({
  token: must(readToken(given.get('token'))),
  remote: {
    address: must(readIp('rip', given.get('rip'))),
    port: must(readPort('rport', given.get('rport'))),
  },
});

/** The verbs by their names. */
export const VERBS: Readonly<Record<string, Verb>> = {
  ann: {
    arguments: '<local-ip> id <id> token <token> [port <port>] [dev <name>]',
    summary: 'announce an address to the peer of a connection',
    read: reading(([ip, ...rest], indexOf) => {
      const given = words(rest, 'id', 'token', 'port', 'dev');
      const address = must(readIp('local-ip', ip));
      must(readId(given.get('id')));
      const local = { address, flags: ADDRESS_FLAG.SIGNAL, ...optional(given, indexOf) };
      return { _tag: 'Announce', token: must(readToken(given.get('token'))), local };
    }),
  },
  rem: {
    arguments: 'id <id> token <token>',
    summary: 'withdraw an address, and the subflows that began at it',
    read: reading((args) => {
      const given = words(args, 'id', 'token');
      const localId = must(readId(given.get('id')));
      return { _tag: 'Remove', token: must(readToken(given.get('token'))), localId };
    }),
  },
  csf: {
    arguments: 'lip <local-ip> lid <id> rip <remote-ip> rport <port> token <token>',
    summary: 'create a subflow',
    read: reading((args) => {
      const given = words(args, 'lip', 'lid', 'rip', 'rport', 'token');
      const address = must(readIp('lip', given.get('lip')));
      const id = must(readId(given.get('lid')));
      return { _tag: 'SubflowCreate', local: { address, id }, ...ends(given) };
    }),
  },
  dsf: {
    arguments: 'lip <local-ip> lport <port> rip <remote-ip> rport <port> token <token>',
    summary: 'end a subflow',
    read: reading((args) => {
      const given = words(args, 'lip', 'lport', 'rip', 'rport', 'token');
      const address = must(readIp('lip', given.get('lip')));
      const port = must(readPort('lport', given.get('lport')));
      return { _tag: 'SubflowDestroy', local: { address, port }, ...ends(given) };
    }),
  },
  set: {
    arguments:
      '<local-ip>|id <id> flags [no]backup|[no]fullmesh [port <port>] [token <token>] [rip <remote-ip>] [rport <port>]',
    summary: 'make subflows backup, or not',
    read: reading((args, indexOf) => {
      const byId = args[0] === 'id';
      const given = words(
        byId ? args : args.slice(1),
        'id',
        'flags',
        'port',
        'token',
        'rip',
        'rport',
      );
      const token = given.get('token');
      const flags = must(readFlags(given.get('flags') ?? '', true));
      const local: PmAddress = {
        ...(byId ? {} : { address: must(readIp('local-ip', args[0])) }),
        ...optional(given, indexOf),
        flags,
      };
      if (token === undefined) return { _tag: 'SetFlags', local };
      return { _tag: 'SetFlags', local, ...ends(given) };
    }),
  },
  add: {
    arguments: '<ip> [id <id>] [flags signal|subflow|backup|fullmesh] [port <port>] [dev <name>]',
    summary: "give the kernel's own manager an address",
    read: reading((args, indexOf) => {
      // The kernel's tool has the address last, `ip mptcp` first: both are taken.
      const first = args.length % 2 === 1 && E.isRight(readIp('ip', args[0]));
      const ip = first ? args[0] : args.at(-1);
      const given = words(first ? args.slice(1) : args.slice(0, -1), 'id', 'flags', 'port', 'dev');
      const flags = given.get('flags');
      const local: PmAddress = {
        address: must(readIp('ip', ip)),
        ...(flags === undefined ? {} : { flags: must(readFlags(flags, false)) }),
        ...optional(given, indexOf),
      };
      return { _tag: 'AddAddress', local };
    }),
  },
  del: {
    arguments: '<id> [<ip>]',
    summary: "take an address from the kernel's own manager; id 0 needs the address",
    read: reading(([id, ip, ...rest]) => {
      none(rest);
      const number = must(readId(id));
      if (number === 0 && ip === undefined) throw new Mistake(usage('id 0 needs its address'));
      const address = ip === undefined ? {} : { address: must(readIp('ip', ip)) };
      return { _tag: 'DelAddress', local: { id: number, ...address } };
    }),
  },
  get: {
    arguments: '<id> [token <token>]',
    summary: 'show an address by its id',
    read: reading(([id, ...rest]) => {
      const token = words(rest, 'token').get('token');
      return {
        _tag: 'GetAddress',
        local: { id: must(readId(id)) },
        ...(token === undefined ? {} : { token: must(readToken(token)) }),
      };
    }),
  },
  dump: {
    arguments: '[token <token>]',
    summary: "show all addresses: of the kernel's own manager, or of a connection",
    read: reading((args) => {
      const token = words(args, 'token').get('token');
      return token === undefined
        ? { _tag: 'GetAddress' }
        : { _tag: 'GetAddress', token: must(readToken(token)) };
    }),
  },
  flush: {
    arguments: '',
    summary: "take all addresses from the kernel's own manager",
    read: reading((args) => {
      none(args);
      return { _tag: 'FlushAddresses' };
    }),
  },
  limits: {
    arguments: '[<announced> <subflows>]',
    summary: "show or set the limits of the kernel's own manager",
    read: reading(([accept, subflows, ...rest]) => {
      none(rest);
      if (accept === undefined) return { _tag: 'GetLimits' };
      return {
        _tag: 'SetLimits',
        receiveAddAddresses: must(readNumber('announced', accept, 0xffffffff)),
        subflows: must(readNumber('subflows', subflows, 0xffffffff)),
      };
    }),
  },
};

/** An address as the kernel's tool prints it: `id 1 flags signal dev eth0 10.0.0.1`. */
export const addressLine = (address: PmAddress, nameOf: (index: number) => string): string =>
  [
    `id ${address.id ?? 0} flags ${flagNames(address.flags ?? 0)}`.trimEnd(),
    ...(address.interfaceIndex ? [`dev ${nameOf(address.interfaceIndex)}`] : []),
    address.address ?? '',
    ...(address.port ? [String(address.port)] : []),
  ].join(' ');

/** The limits as the kernel's tool prints them. */
export const limitLines = ({ receiveAddAddresses, subflows }: PmLimits): string =>
  `accept ${receiveAddAddresses}\nsubflows ${subflows}`;
