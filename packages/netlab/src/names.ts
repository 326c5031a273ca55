/** Names: a namespace's own name says who owns it, so that a sweeper needs nothing but the list. */

import * as E from 'fp-ts/lib/Either.js';
import { type Decode, decodeError } from '@liquid/types';

/**
 * Who made a thing: a process, told apart from a later one with the same pid by its start time, and
 * from one of another boot or pid namespace by `scope`.
 *
 * @since 0.1.0
 */
export interface Owner {
  readonly pid: number;
  /** Start of the process in clock ticks after boot: field 22 of `/proc/<pid>/stat`. */
  readonly startTicks: number;
  /** Eight hex digits over the boot id and the pid namespace, within which a pid means something. */
  readonly scope: string;
}

/** A namespace's name taken apart. @since 0.1.0 */
export interface NamespaceName {
  readonly owner: Owner;
  /** Which of its owner's labs, from 0. */
  readonly lab: number;
  /** The host or switch of the description. */
  readonly node: string;
}

/** Longest interface name that the kernel takes: IFNAMSIZ less its NUL. @since 0.1.0 */
export const MAX_DEVICE_NAME = 15;

/** Longest host or switch name: with the owner in front it stays far under NAME_MAX, 255. */
const MAX_NODE_NAME = 63;

const DEVICE = /^[A-Za-z][A-Za-z0-9_.-]*$/;
const NODE = /^[A-Za-z](?:[A-Za-z0-9_-]*[A-Za-z0-9])?$/;
const NAMESPACE = /^lq-([1-9]\d{0,9})-([0-9a-z]{1,11})-([0-9a-f]{8})-(\d{1,9})-(.+)$/;

/** What `/proc/sys/net/…/conf` holds beside devices, and the device that every namespace has. */
const RESERVED_DEVICES: ReadonlyArray<string> = ['all', 'default', 'lo'];

/**
 * Whether the kernel and `/proc/sys` take this as the name of an interface of ours: a letter, then
 * letters, digits, `_`, `.` or `-`; at most 15; not `lo`, `all` or `default`.
 *
 * @example
 * ```ts
 * import { isDeviceName } from '@liquid/netlab'
 *
 * console.log(isDeviceName('eth0'), isDeviceName('a-name-far-too-long')) // true false
 * ```
 * @since 0.1.0
 */
export const isDeviceName = (name: string): boolean =>
  name.length <= MAX_DEVICE_NAME && DEVICE.test(name) && !RESERVED_DEVICES.includes(name);

/**
 * Whether this may name a host or switch: a letter, then letters, digits, `_` or `-`; at most 63.
 *
 * @example
 * ```ts
 * import { isNodeName } from '@liquid/netlab'
 *
 * console.log(isNodeName('client-1'), isNodeName('1st')) // true false
 * ```
 * @since 0.1.0
 */
export const isNodeName = (name: string): boolean =>
  name.length <= MAX_NODE_NAME && NODE.test(name);

/**
 * The id of a lab, which begins the names of all that it makes: `lq-<pid>-<start>-<scope>-<n>`.
 *
 * @since 0.1.0
 */
export const printLabId = (owner: Owner, lab: number): string =>
  `lq-${owner.pid}-${owner.startTicks.toString(36)}-${owner.scope}-${lab}`;

/**
 * The name of a node's namespace.
 *
 * @example
 * ```ts
 * import { printNamespaceName } from '@liquid/netlab'
 *
 * const owner = { pid: 4711, startTicks: 36, scope: '00c0ffee' }
 * console.log(printNamespaceName({ owner, lab: 0, node: 'client' }))
 * // lq-4711-10-00c0ffee-0-client
 * ```
 * @since 0.1.0
 */
export const printNamespaceName = (name: NamespaceName): string =>
  `${printLabId(name.owner, name.lab)}-${name.node}`;

/**
 * Takes a namespace's name apart; whatever {@link printNamespaceName} did not print is a `Decode`,
 * so nobody else's namespace is ever mistaken for one of ours.
 *
 * @since 0.1.0
 */
export const parseNamespaceName = (text: string): E.Either<Decode, NamespaceName> => {
  const match = NAMESPACE.exec(text);
  const [, pid = '', start = '', scope = '', lab = '', node = ''] = match ?? [];
  const name: NamespaceName = {
    owner: { pid: Number(pid), startTicks: Number.parseInt(start, 36), scope },
    lab: Number(lab),
    node,
  };
  return match !== null && isNodeName(node) && printNamespaceName(name) === text
    ? E.right(name)
    : E.left(
        decodeError({
          what: 'namespace',
          expected: 'lq-<pid>-<start>-<scope>-<lab>-<node>',
          actual: text,
        }),
      );
};
