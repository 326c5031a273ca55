/** The planner: from a description to the commands that make it, and back; a pure function. */

import * as E from 'fp-ts/lib/Either.js';
import { decode } from '@liquid/types';
import type { Argv } from './argv.js';
import { NetworkDescription } from './description.js';
import {
  bridgeSteps,
  deviceSysctls,
  endSteps,
  hostSysctls,
  linkSteps,
  namespaceSteps,
  routeStep,
  ruleStep,
  upSteps,
} from './internal/steps.js';
import { checkRoutes, endsOf, nodesOf, wiresOf } from './internal/topology.js';
import type { NetworkPlan, PlanError, PlannedDevice } from './planned.js';

/**
 * Plans a network: which commands make it, in which order. Pure and deterministic: the same
 * description and id give the same plan, on every machine, and nothing is run.
 *
 * @param description - checked by its codec first, whatever its type says
 * @param id - the lab's id, with which the name of every namespace begins ({@link printLabId})
 * @returns the plan, or what doesn't fit together: `Decode`, `NotFound` (a link to a node that is
 *   not there), `Conflict` (a name or address used twice), `LimitExceeded`
 * @example
 * ```ts
 * import { planNetwork } from '@liquid/netlab'
 * import * as E from 'fp-ts/lib/Either.js'
 *
 * const plan = planNetwork({ hosts: { a: {} } }, 'lq-1-1-00000000-0')
 * if (E.isRight(plan)) console.log(plan.right.steps[0]?.argv.join(' '))
 * // ip netns add lq-1-1-00000000-0-a
 * ```
 * @since 0.1.0
 */
export const planNetwork = (
  description: NetworkDescription,
  id: string,
): E.Either<PlanError, NetworkPlan> => {
  const decoded = decode(NetworkDescription, 'network')(description);
  if (E.isLeft(decoded)) return decoded;
  const network = decoded.right;
  const links = network.links ?? [];
  const found = nodesOf(network, id);
  if (E.isLeft(found)) return found;
  const wires = wiresOf(network, found.right, id);
  const paired = endsOf(links, found.right, wires);
  if (E.isLeft(paired)) return paired;
  const nodes = new Map(found.right);
  if (wires !== undefined) nodes.set(wires.node, wires);
  const pairs = paired.right;
  const ends = pairs.flat();
  const routed = checkRoutes(network, ends);
  if (E.isLeft(routed)) return routed;

  const hosts = [...nodes.values()].flatMap(({ node, kind, namespace }) => {
    const host = network.hosts[node];
    return kind === 'host' && host !== undefined ? [{ namespace, host }] : [];
  });
  const switches = Object.entries(network.switches ?? {});
  const steps = [
    ...[...nodes.values()].flatMap(namespaceSteps),
    ...hosts.flatMap(({ namespace, host }) => hostSysctls(namespace, host)),
    ...switches.flatMap(([node, { stp }]) =>
      bridgeSteps(nodes.get(node)?.namespace ?? '', stp === true),
    ),
    ...pairs.flatMap(linkSteps),
    ...ends.flatMap(endSteps),
    ...hosts.flatMap(({ namespace, host }) => deviceSysctls(namespace, host)),
    ...ends.flatMap(upSteps),
    ...hosts.flatMap(({ namespace, host }) =>
      (host.routes ?? []).map((route) => routeStep(namespace, route)),
    ),
    ...hosts.flatMap(({ namespace, host }) =>
      (host.rules ?? []).map((rule) => ruleStep(namespace, rule)),
    ),
  ];
  const devices = ends.map(
    ({
      node,
      namespace,
      device,
      mtu,
      addresses,
      shaping,
      impairment,
      wire,
      peer,
    }): PlannedDevice => ({
      node,
      namespace,
      device,
      mtu,
      addresses,
      shaping,
      impairment,
      wire,
      peer,
    }),
  );
  return E.right({ id, nodes: [...nodes.values()], devices, steps });
};

/**
 * The way back: what takes away whatever the first `done` steps made, last made first.
 *
 * @param done - how many steps ran; default all
 * @since 0.1.0
 */
export const undoCommands = (
  plan: NetworkPlan,
  done: number = plan.steps.length,
): ReadonlyArray<Argv> =>
  plan.steps
    .slice(0, done)
    .flatMap(({ undo }) => (undo === null ? [] : [undo]))
    .reverse();
