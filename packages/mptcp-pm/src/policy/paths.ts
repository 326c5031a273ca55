/** The paths that a connection could use: pairs of an address of ours and one of the peer's. */

import {
  type IpAddress,
  ipVersion,
  isLinkLocal,
  isLoopback,
  isUnspecified,
  unmapIpv4,
} from '@liquid/types';
import { pairKey, sameAddress, samePair } from '../four-tuple.js';
import type { Connection, LocalAddress, Subflow } from '../model.js';
import type { Action, PmView } from '../policy.js';

/** A pair of addresses between which a subflow may run. @internal */
export interface Path {
  readonly local: IpAddress;
  readonly remote: IpAddress;
  readonly remotePort: number;
  readonly interfaceIndex: number;
  readonly interfaceName: string;
  /** Names the pair; see `pairKey`. */
  readonly key: string;
}

interface Target {
  readonly remote: IpAddress;
  readonly remotePort: number;
}

/** The initial address, unless the peer forbids it, and what was announced. */
const targetsOf = (connection: Connection): ReadonlyArray<Target> => {
  const { initial, remoteAddresses } = connection;
  const targets: Array<Target> = connection.denyJoinId0
    ? []
    : [{ remote: unmapIpv4(initial.remote), remotePort: initial.remotePort }];
  for (const { address, port } of remoteAddresses) {
    const target = {
      remote: unmapIpv4(address),
      remotePort: port === 0 ? initial.remotePort : port,
    };
    const known = targets.some(
      (other) => other.remote === target.remote && other.remotePort === target.remotePort,
    );
    if (!known) targets.push(target);
  }
  return targets;
};

const reaches = (local: LocalAddress, remote: IpAddress): boolean => {
  const address = unmapIpv4(local.address);
  return (
    local.up &&
    ipVersion(address) === ipVersion(remote) &&
    !isLinkLocal(address) &&
    !isUnspecified(address) &&
    // A loopback address reaches loopback addresses alone, and nothing else reaches those.
    isLoopback(address) === isLoopback(remote)
  );
};

const pathOf = (local: LocalAddress, target: Target): Path => {
  const address = unmapIpv4(local.address);
  return {
    local: address,
    remote: target.remote,
    remotePort: target.remotePort,
    interfaceIndex: local.interfaceIndex,
    interfaceName: local.interfaceName,
    key: pairKey({ local: address, ...target }),
  };
};

/** Paths to one target, from the addresses that a host had. */
interface Reach extends Target {
  readonly paths: ReadonlyArray<Path>;
}

/** Targets that are remembered for a host's addresses; hosts talk to few servers at a time. */
const MOST_REACHES = 64;

/**
 * A list of addresses is replaced as a whole when one changes, so what was derived from it stays true
 * for its life. Most connections go where others went: this stands on the way of every reaction.
 */
const reachesOf = new WeakMap<PmView['addresses'], Array<Reach>>();

const pathsTo = (addresses: PmView['addresses'], target: Target): ReadonlyArray<Path> => {
  let known = reachesOf.get(addresses);
  if (known === undefined) reachesOf.set(addresses, (known = []));
  for (const reach of known) {
    if (reach.remote === target.remote && reach.remotePort === target.remotePort) {
      return reach.paths;
    }
  }
  const paths = addresses
    .filter((local) => reaches(local, target.remote))
    .map((local) => pathOf(local, target));
  if (known.length === MOST_REACHES) known.length = 0;
  known.push({ remote: target.remote, remotePort: target.remotePort, paths });
  return paths;
};

/**
 * All paths of a connection, the peer's initial address first, ours in the order of the view.
 *
 * @internal
 */
export const pathsOf = (view: PmView, connection: Connection): ReadonlyArray<Path> => {
  const targets = targetsOf(connection);
  const [first] = targets;
  if (first === undefined) return [];
  if (targets.length === 1) return pathsTo(view.addresses, first);
  return targets.flatMap((target) => pathsTo(view.addresses, target));
};

/** Whether a subflow runs there, is on its way, or is ending. @internal */
export const isTaken = (
  connection: Connection,
  path: Pick<Path, 'local' | 'remote' | 'remotePort'>,
): boolean =>
  connection.subflows.some((subflow) => subflow.phase !== 'closing' && samePair(subflow, path));

/** The name of the pair between which a subflow runs. @internal */
export const keyOfPair = (subflow: Pick<Subflow, 'local' | 'remote' | 'remotePort'>): string =>
  pairKey(subflow);

/** What is known of the interface from which a subflow leaves. @internal */
export const interfaceOf = (
  view: PmView,
  subflow: Pick<Subflow, 'local'>,
): LocalAddress | undefined =>
  view.addresses.find(({ address }) => sameAddress(address, subflow.local));

/** Whether the address of a subflow is gone from the host; unknown addresses prove nothing. @internal */
export const hasLostAddress = (view: PmView, subflow: Subflow): boolean => {
  if (view.addresses.length === 0) return false;
  return interfaceOf(view, subflow)?.up !== true;
};

/** Established and carrying data, as neither side made it backup. @internal */
export const isActive = (subflow: Subflow): boolean =>
  subflow.phase === 'established' && !subflow.backup && !subflow.backupRemote;

/** The action that opens a subflow on a path. @internal */
export const createOn = (
  connection: Connection,
  path: Pick<Path, 'local' | 'remote' | 'remotePort'> & { readonly interfaceIndex?: number },
  bind: boolean,
  backup = false,
): Action => ({
  _tag: 'CreateSubflow',
  token: connection.token,
  local: path.local,
  remote: path.remote,
  remotePort: path.remotePort,
  backup,
  ...(bind && path.interfaceIndex !== undefined && path.interfaceIndex > 0
    ? { interfaceIndex: path.interfaceIndex }
    : {}),
});
