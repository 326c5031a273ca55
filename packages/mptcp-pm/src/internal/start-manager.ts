/** Puts a path manager together: sockets, driver, polls, timers, addresses; each with its release. */

import {
  MessageWriter,
  NETLINK,
  type NetlinkError,
  type NetlinkSocket,
  groupOf,
  openNetlink,
  resolveFamily,
} from '@liquid/netlink';
import {
  type Clock,
  conflict,
  isIpv6,
  type Permission,
  permission,
  type Scope,
} from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import { tupleOfAction } from '../command.js';
import { carryOut, type CommandPath, commandPath, Driver } from '../driver.js';
import { createEngine, engineView } from '../engine.js';
import { kernelPathManager, mptcpDisabled, type PmError } from '../error.js';
import { MPTCP_PM } from '../family.js';
import { establishedDatagramAfter, EventReader } from '../family-event.js';
import { watchAddresses } from '../local-addresses.js';
import type {
  PathManager,
  PathManagerEvent,
  PathManagerOptions,
  PathManagerStats,
} from '../path-manager.js';
import type { Action, PmView } from '../policy.js';
import { Poller } from '../poller.js';
import { warmUp } from '../warm-up.js';
import { explain } from './explain.js';
import { PollLoop } from './poll-loop.js';
import { Requests } from './requests.js';
import { MPTCP_SYSCTLS, mptcpEnabled, readSysctls, userspaceManager } from './sysctl.js';
import { Wakes } from './wakes.js';

type Parts = Pick<PathManager, 'mode' | 'transport' | 'view' | 'apply' | 'poll'> & {
  readonly stats: () => PathManagerStats;
};

const CAP_NET_ADMIN = 'CAP_NET_ADMIN';
const AS_ADMIN =
  'Run it as root or with CAP_NET_ADMIN in the user namespace of the network namespace; without it, mode: "observe" works.';

/** Why the namespace gives its connections to no userspace manager; undefined where it does. */
const settingsAgainst = async (namespace: string | undefined): Promise<PmError | undefined> => {
  const sysctls = await readSysctls(namespace, MPTCP_SYSCTLS);
  if (mptcpEnabled(sysctls) === false) return mptcpDisabled();
  if (userspaceManager(sysctls) === false) return kernelPathManager();
  return undefined;
};

/** Opens everything and adopts what is there. */
export const startManager = async (
  options: PathManagerOptions,
  clock: Clock,
  scope: Scope<PathManagerEvent>,
): Promise<E.Either<PmError, Parts>> => {
  const { namespace, policies = [] } = options;
  const twice = policies.find(({ name }, i) => policies.findIndex((p) => p.name === name) !== i);
  if (twice !== undefined) {
    return E.left(conflict({ what: 'policy', path: twice.name, actual: 'given twice' }));
  }
  const open = async (protocol: number): Promise<E.Either<NetlinkError, NetlinkSocket>> => {
    const opened = await openNetlink({
      protocol,
      ...(namespace === undefined ? {} : { namespace }),
      ...(options.transport === undefined ? {} : { transport: options.transport }),
      ...(options.receiveBufferBytes === undefined || protocol !== NETLINK.GENERIC
        ? {}
        : { receiveBufferBytes: options.receiveBufferBytes }),
    })();
    if (E.isRight(opened)) scope.defer(opened.right.stop);
    return opened;
  };

  const generic = await open(NETLINK.GENERIC);
  if (E.isLeft(generic)) return generic;
  const diag = await open(NETLINK.SOCK_DIAG);
  if (E.isLeft(diag)) return diag;
  const route = await open(NETLINK.ROUTE);
  if (E.isLeft(route)) return route;
  // A transport that was handed in may lead to another kernel than the one whose settings are here.
  const here = typeof options.transport !== 'object';
  const against = here ? await settingsAgainst(namespace) : undefined;
  const family = await resolveFamily(generic.right, MPTCP_PM.NAME)();
  if (E.isLeft(family)) return family;
  const familyId = family.right.id;
  const group = groupOf(family.right, MPTCP_PM.EVENTS_GROUP);
  if (E.isLeft(group)) return group;

  let events = 0;
  let overruns = 0;
  let commands = 0;
  let refusals = 0;
  const reader = new EventReader();
  const warm = options.warmUp ?? policies.length > 0;
  const requests = new Requests();

  // From here until the driver is there nothing is awaited, so no event can come in between.
  const joined =
    options.mode === 'observe'
      ? E.left(noEvents())
      : generic.right.subscribe(group.right, (message) => {
          if (message.type !== familyId) return;
          const event = reader.read(message);
          if (event === undefined) return;
          events++;
          driver.dispatch({ _tag: 'Event', atMs: clock.nowMs(), event }, generic.right.triggered());
          if ('local' in event && isIpv6(event.local)) loop.noticeIpv6();
          if (policies.length === 0 || event._tag !== 'Created') return;
          // The event that policies wait for comes within a round trip. If it is here already it
          // stands behind this one, and is read before a microtask runs.
          const datagram = establishedDatagramAfter(message);
          const established = { ...event, _tag: 'Established' } as const;
          queueMicrotask(() => driver.lookAhead({ event: established, datagram }));
        });
  const mayObserve =
    options.mode === 'observe' || (options.mode === undefined && policies.length === 0);
  if (E.isLeft(joined) && !(mayObserve && joined.left._tag === 'Permission')) {
    return E.left(joined.left._tag === 'Permission' ? noEvents(joined.left) : joined.left);
  }
  const mode = E.isRight(joined) ? 'manage' : 'observe';
  if (E.isRight(joined)) scope.defer(TE.fromIO(joined.right));
  if (mode === 'manage' && policies.length > 0 && against !== undefined) return E.left(against);

  const path: CommandPath | undefined =
    mode === 'manage'
      ? commandPath(generic.right, diag.right, familyId, new MessageWriter())
      : undefined;
  const engine = createEngine({ ...options, policies: mode === 'manage' ? policies : [] });
  if (path !== undefined && warm) warmUp(engine, path, clock);

  const wakes = new Wakes(clock, scope.signal, () => {
    driver.dispatch({ _tag: 'Wake', atMs: clock.nowMs() });
  });
  const driver: Driver = new Driver(engine, clock, path, {
    onStep: (input, issued, notices) => {
      options.record?.(input, issued);
      if (input._tag === 'Event') {
        const isNews = !notices.some(({ _tag }) => _tag === 'Repeated');
        if (isNews) scope.emit({ _tag: 'Event', event: input.event });
      } else if (input._tag === 'Addresses') {
        scope.emit({ _tag: 'Addresses', addresses: input.addresses });
      } else if (input._tag === 'Samples') {
        const { complete, samples } = input;
        scope.emit({ _tag: 'Polled', complete, subflows: samples.length });
      } else if (input._tag === 'Overrun') scope.emit({ _tag: 'Overrun' });
      else if (input._tag === 'Request') requests.onIssued(issued, notices);
      for (const notice of notices) scope.emit(notice);
    },
    onOutcome: (command, error) => {
      commands++;
      if (error !== undefined) refusals++;
      requests.onOutcome(command, error);
      scope.emit(
        error === undefined ? { _tag: 'Outcome', command } : { _tag: 'Outcome', command, error },
      );
    },
    onWake: (atMs) => wakes.set(atMs),
  });
  const view = () => engineView(driver.engine);

  const loop: PollLoop = new PollLoop({
    poller: new Poller(diag.right),
    clock,
    signal: scope.signal,
    view,
    pollMs: options.pollMs ?? 300,
    exactLimit: mode === 'observe' ? -1 : (options.exactLimit ?? 128),
    completeMs: options.completeMs ?? 3000,
    onGone: (token) => driver.dispatch({ _tag: 'Gone', atMs: clock.nowMs(), token }),
    onSamples: (complete, samples) =>
      driver.dispatch({ _tag: 'Samples', atMs: clock.nowMs(), complete, samples }),
    onFailure: (error) => scope.emit({ _tag: 'PollFailed', error }),
  });
  const offOverrun = generic.right.events.onTag('Overrun', () => {
    overruns++;
    driver.dispatch({ _tag: 'Overrun', atMs: clock.nowMs() });
    loop.demand();
  });
  scope.defer(TE.fromIO(offOverrun));

  const watching = await watchAddresses(route.right, (addresses) =>
    driver.dispatch({ _tag: 'Addresses', atMs: clock.nowMs(), addresses }),
  )();
  if (E.isLeft(watching)) return watching;
  scope.defer(TE.fromIO(watching.right));
  const adopted = await loop.pollNow();
  if (E.isLeft(adopted)) return adopted;
  scope.defer(loop.start());

  const apply = (action: Action) => async (): Promise<E.Either<PmError, void>> => {
    if (path === undefined) return E.left(noCommands());
    const settled = requests.expect();
    driver.dispatch({ _tag: 'Request', atMs: clock.nowMs(), action });
    const { error, withheld } = await settled;
    const said = withheld === undefined ? error : askKernel(path, action, view(), withheld);
    return said === undefined
      ? E.right(undefined)
      : E.left(await explain(said, action, diag.right, namespace));
  };
  return E.right({
    mode,
    transport: generic.right.transport,
    view,
    apply,
    poll: () => loop.pollNow(),
    stats: () => {
      let subflows = 0;
      const known = view();
      for (const connection of known.connections()) subflows += connection.subflows.length;
      const connections = known.connectionCount;
      return { connections, subflows, events, overruns, commands, refusals, ...loop.stats() };
    },
  });
};

/**
 * What the engine knows nothing of, the kernel may know, or has the right word for. Otherwise the
 * engine's reason stands.
 */
const askKernel = (
  path: CommandPath,
  action: Action,
  view: PmView,
  withheld: string,
): PmError | undefined => {
  const tuple = tupleOfAction(action, view);
  const known = view.connection(action.token) !== undefined;
  const named = 'subflow' in action && tuple?.localPort !== 0;
  return known && !named
    ? conflict({ what: action._tag, actual: withheld })
    : carryOut(path, action, tuple);
};

const noEvents = (said?: Permission): PmError =>
  permission({
    what: 'joining the MPTCP events',
    expected: CAP_NET_ADMIN,
    remedy: AS_ADMIN,
    errno: said?.errno,
    code: said?.code,
  });

const noCommands = (): PmError =>
  permission({ what: 'managing paths', expected: CAP_NET_ADMIN, remedy: AS_ADMIN });
