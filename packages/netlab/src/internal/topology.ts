/** From names to a network: which node, device and peer each end of a link is. */

import * as E from 'fp-ts/lib/Either.js';
import {
  type Conflict,
  conflict,
  decodeError,
  type LimitExceeded,
  limitExceeded,
  notFound,
} from '@liquid/types';
import type { LinkDescription, LinkEnd, NetworkDescription } from '../description.js';
import type { PlanError, PlannedDevice, PlannedNode } from '../planned.js';
import { splitPrefix } from './address.js';

/** More hosts and switches than one machine's kernel makes in reasonable time. */
const MAX_NODES = 1024;
const MAX_LINKS = 4096;

/** The bridge of every switch's namespace. */
export const BRIDGE = 'br0';
const DEFAULT_MTU = 1500;

/** One end of a link, resolved. */
export interface End extends PlannedDevice {
  readonly path: string;
  readonly kind: PlannedNode['kind'];
  readonly described: LinkEnd;
  readonly link: LinkDescription;
}

/** Hosts and switches by name, hosts first. */
export type Nodes = ReadonlyMap<string, PlannedNode>;

/** Names every node's namespace. */
export const nodesOf = (
  description: NetworkDescription,
  id: string,
): E.Either<Conflict | LimitExceeded, Nodes> => {
  const hosts = Object.keys(description.hosts);
  const switches = Object.keys(description.switches ?? {});
  const count = hosts.length + switches.length;
  if (count > MAX_NODES) {
    return E.left(
      limitExceeded({ what: 'hosts and switches', expected: MAX_NODES, actual: count }),
    );
  }
  const nodes = new Map<string, PlannedNode>();
  for (const node of hosts) nodes.set(node, { node, kind: 'host', namespace: `${id}-${node}` });
  for (const node of switches) {
    if (nodes.has(node)) {
      const actual = 'a host has the same name';
      return E.left(conflict({ what: 'switch', path: `switches.${node}`, actual }));
    }
    nodes.set(node, { node, kind: 'switch', namespace: `${id}-${node}` });
  }
  return E.right(nodes);
};

/** Devices' names by node: those that were given, then the rest in link order. */
const nameDevices = (
  links: ReadonlyArray<LinkDescription>,
  nodes: Nodes,
): E.Either<PlanError, ReadonlyArray<readonly [string, string]>> => {
  const taken = new Map<string, Set<string>>();
  const takenOf = (node: string): Set<string> => {
    const known = taken.get(node) ?? new Set(nodes.get(node)?.kind === 'switch' ? [BRIDGE] : []);
    taken.set(node, known);
    return known;
  };
  for (const [i, link] of links.entries()) {
    for (const [j, end] of link.ends.entries()) {
      const path = `links[${i}].ends[${j}]`;
      if (!nodes.has(end.node)) {
        const expected = [...nodes.keys()].slice(0, 8).join(', ') || 'no host or switch';
        const message = `${path}.node: no host or switch is named ${end.node}; there is ${expected}`;
        return E.left(notFound({ path: `${path}.node`, expected, message }));
      }
      if (end.device === undefined) continue;
      if (takenOf(end.node).has(end.device)) {
        const actual = `${end.node} has another ${end.device}`;
        return E.left(conflict({ what: 'interface', path: `${path}.device`, actual }));
      }
      takenOf(end.node).add(end.device);
    }
  }
  const nextName = ({ node, device }: LinkEnd): string => {
    if (device !== undefined) return device;
    const prefix = nodes.get(node)?.kind === 'switch' ? 'p' : 'eth';
    let number = 0;
    while (takenOf(node).has(`${prefix}${number}`)) number++;
    takenOf(node).add(`${prefix}${number}`);
    return `${prefix}${number}`;
  };
  return E.right(links.map(({ ends }) => [nextName(ends[0]), nextName(ends[1])] as const));
};

/** The node for links with impairments, where there are any; its name is one that nobody has. */
export const wiresOf = (
  description: NetworkDescription,
  nodes: Nodes,
  id: string,
): PlannedNode | undefined => {
  const ends = (description.links ?? []).flatMap((link) => link.ends);
  if (ends.every(({ impairment }) => impairment === undefined)) return undefined;
  let node = 'wire';
  for (let number = 2; nodes.has(node); number++) node = `wire${number}`;
  return { node, kind: 'wire', namespace: `${id}-${node}` };
};

const wirePort = (link: number, end: 0 | 1): string => `w${link}${end === 0 ? 'a' : 'b'}`;

/** The bridge of a wire, by one of its ports. */
export const wireBridge = (port: string): string => port.slice(0, -1);

/** Resolves every link's two ends. */
export const endsOf = (
  links: ReadonlyArray<LinkDescription>,
  nodes: Nodes,
  wires: PlannedNode | undefined,
): E.Either<PlanError, ReadonlyArray<readonly [End, End]>> => {
  if (links.length > MAX_LINKS) {
    return E.left(limitExceeded({ what: 'links', expected: MAX_LINKS, actual: links.length }));
  }
  const named = nameDevices(links, nodes);
  if (E.isLeft(named)) return named;
  const pairs: Array<readonly [End, End]> = [];
  const used = new Set<string>();
  for (const [i, link] of links.entries()) {
    const names = named.right[i] ?? ['', ''];
    const impaired = link.ends.some(({ impairment }) => impairment !== undefined);
    const make = (j: 0 | 1): End => {
      const described = link.ends[j];
      const other = j === 0 ? 1 : 0;
      const node = nodes.get(described.node);
      return {
        path: `links[${i}].ends[${j}]`,
        node: described.node,
        // nameDevices has checked that every end's node is there.
        kind: node?.kind ?? 'host',
        namespace: node?.namespace ?? '',
        device: names[j],
        mtu: link.mtu ?? DEFAULT_MTU,
        addresses: described.addresses ?? [],
        shaping: described.shaping ?? null,
        impairment: described.impairment ?? null,
        wire:
          wires === undefined || !impaired
            ? null
            : {
                node: wires.node,
                namespace: wires.namespace,
                port: wirePort(i, j),
                out: wirePort(i, other),
                queue: 2 * i + j,
              },
        peer: { node: link.ends[other].node, device: names[other] },
        described,
        link,
      };
    };
    const pair = [make(0), make(1)] as const;
    for (const end of pair) {
      const path = `${end.path}.addresses`;
      if (end.kind === 'switch' && end.addresses.length > 0) {
        const expected = 'no address on a port of a switch';
        return E.left(decodeError({ path, expected, actual: end.addresses[0] }));
      }
      const strips = end.described.stripOptions ?? [];
      if (end.kind === 'switch' && strips.length > 0) {
        const expected = 'no options stripped by a port of a switch';
        return E.left(
          decodeError({ path: `${end.path}.stripOptions`, expected, actual: strips[0] }),
        );
      }
      for (const address of end.addresses) {
        const key = `${end.node} ${splitPrefix(address)?.address ?? address}`;
        if (used.has(key)) {
          const actual = `${end.node} has ${address} twice`;
          return E.left(conflict({ what: 'address', path, actual }));
        }
        used.add(key);
      }
    }
    pairs.push(pair);
  }
  return E.right(pairs);
};

/** A route needs somewhere to go, by an interface that the host has. */
export const checkRoutes = (
  description: NetworkDescription,
  devices: ReadonlyArray<End>,
): E.Either<PlanError, void> => {
  for (const [host, { routes = [] }] of Object.entries(description.hosts)) {
    const own = devices.filter((end) => end.node === host).map((end) => end.device);
    for (const [i, { via, device }] of routes.entries()) {
      const path = `hosts.${host}.routes[${i}]`;
      if (via === undefined && device === undefined) {
        return E.left(decodeError({ path, expected: 'via or device', actualText: 'neither' }));
      }
      if (device !== undefined && device !== 'lo' && !own.includes(device)) {
        const expected = own.join(', ') || 'none';
        const message = `${path}.device: ${host} has no interface ${device}; it has ${expected}`;
        return E.left(notFound({ path: `${path}.device`, expected, message }));
      }
    }
  }
  return E.right(undefined);
};
