/** The lab: a planned network made real, used, and taken away again whatever happens. */

import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import * as t from 'io-ts';
import {
  fromUnknown,
  type LiquidError,
  type Logger,
  type NotFound,
  notFound,
  decode,
  openRunning,
  type Running,
  type Scope,
  silentLogger,
  type Tagged,
  unsupported,
} from '@liquid/types';
import type { Argv } from './argv.js';
import { type Capture, type CaptureOptions, openCapture } from './capture.js';
import type { NetworkDescription } from './description.js';
import type { ExecResult } from './exec-result.js';
import { exact, integerIn } from './internal/codec.js';
import { type Impairer, Impairment } from './impairment.js';
import { createImpairer } from './internal/impair/impairer.js';
import { resetFor } from './internal/impair/resets.js';
import { type Libc, loadLibc } from './internal/libc.js';
import { namespacePath } from './internal/network-namespace.js';
import { requirePrivileges } from './internal/privileges.js';
import { endProcessesIn } from './internal/processes.js';
import { claimLab } from './internal/registry.js';
import { runAdministration, runStep } from './internal/run-step.js';
import { planNetwork } from './plan.js';
import type { NetworkPlan, PlannedDevice, Step } from './planned.js';
import {
  execIn,
  type ExecOptions,
  type RunningProcess,
  spawnIn,
  spawnNodeIn,
  type SpawnNodeOptions,
  type SpawnOptions,
} from './process.js';
import { Resets } from './reset.js';
import { Shaping, shapingCommands } from './shaping.js';
import { openTun, type Tun, type TunOptions } from './tun.js';

/** How {@link openNetlab} works. @since 0.1.0 */
export interface NetlabOptions {
  /** Stops the lab, also while it is being made. */
  readonly signal?: AbortSignal;
  /** Told each command at level `debug`; default silent. */
  readonly logger?: Logger;
  /** Called before each step of the plan. */
  readonly onStep?: (step: Step, index: number, count: number) => void;
  /**
   * What impairs packets where the description asks for it; default `netem` where the kernel has it
   * and `nfqueue`, a relay process of the lab's own, where it has not.
   */
  readonly impairer?: Impairer;
}

/** What happens in a lab. @since 0.1.0 */
export type NetlabEvent =
  | { readonly _tag: 'Started'; readonly node: string; readonly what: string }
  | { readonly _tag: 'Ended'; readonly node: string; readonly what: string }
  | {
      readonly _tag: 'Reshaped';
      readonly node: string;
      readonly device: string;
      readonly shaping: Shaping | null;
    }
  | {
      readonly _tag: 'Impaired';
      readonly node: string;
      readonly device: string;
      readonly impairment: Impairment | null;
      readonly by: Impairer;
    }
  | {
      readonly _tag: 'ResetsEnded';
      readonly node: string;
      /** RSTs that were sent. */
      readonly sent: number;
    };

/** What a lab holds. @since 0.1.0 */
export interface NetlabStats {
  readonly namespaces: number;
  readonly devices: number;
  /** Programs, TUN devices and captures that run now. */
  readonly running: number;
  /** `ip` and `tc` commands and direct settings so far. */
  readonly commands: number;
}

const count = integerIn(0, Number.MAX_SAFE_INTEGER, 'a count');

/** Codec of {@link NetlabStats}. @since 0.1.0 */
export const NetlabStats: t.Type<NetlabStats, unknown> = exact<NetlabStats>('lab statistics', {
  required: { namespaces: count, devices: count, running: count, commands: count },
});

/**
 * A network that runs. Whatever is opened through it is stopped with it, before it; `stop` then ends
 * every process in its namespaces and removes them.
 *
 * @since 0.1.0
 */
export interface Netlab extends Running<NetlabEvent, NetlabStats> {
  readonly id: string;
  /** What was made, and how. */
  readonly plan: NetworkPlan;
  /** The name of a host's or switch's namespace, for `ip -n` and `ip netns exec`. */
  readonly namespaceOf: (node: string) => E.Either<NotFound, string>;
  /** Runs a program on a host to its end: {@link execIn}. */
  readonly exec: (
    node: string,
    argv: Argv,
    options?: ExecOptions,
  ) => TaskEither<LiquidError, ExecResult>;
  /** Starts a program on a host: {@link spawnIn}. */
  readonly spawn: (
    node: string,
    argv: Argv,
    options?: SpawnOptions,
  ) => TaskEither<LiquidError, RunningProcess>;
  /** Starts a Node script on a host, with a message channel: {@link spawnNodeIn}. */
  readonly spawnNode: (
    node: string,
    script: string | URL,
    options?: SpawnNodeOptions,
  ) => TaskEither<LiquidError, RunningProcess>;
  /** Makes a TUN device on a host, served by this process: {@link openTun}. */
  readonly openTun: (
    node: string,
    options?: Omit<TunOptions, 'namespace'>,
  ) => TaskEither<LiquidError, Tun>;
  /** Captures on an interface of a host or switch: {@link openCapture}. */
  readonly openCapture: (
    node: string,
    options: Omit<CaptureOptions, 'namespace'>,
  ) => TaskEither<LiquidError, Capture>;
  /**
   * Changes how an interface sends, at once and with no unshaped moment; `null` unshapes it.
   * From one `htb` or `tbf` to another of its kind no waiting packet is lost. 2 to 6 ms.
   */
  readonly reshape: (
    node: string,
    device: string,
    shaping: Shaping | null,
  ) => TaskEither<LiquidError, void>;
  /**
   * Changes what befalls the packets that an interface sends, at once and while traffic runs; `null`
   * ends it. What is on its way already keeps its time, and what comes later doesn't overtake it.
   * About 1 ms by the relay, 3 by netem; the first impairment of a lab takes longer, 0.2 s.
   *
   * @returns Left `Unsupported` for a link that was described without an impairment at either end
   *   (`{}` is one), or where the kernel has neither netem nor NFQUEUE; `NotFound` without `iptables`
   *   or such an interface; `Decode`
   */
  readonly reimpair: (
    node: string,
    device: string,
    impairment: Impairment | null,
  ) => TaskEither<LiquidError, void>;
  /**
   * Makes a host a middlebox that resets connections, for a while: {@link Resets}. The result comes
   * when it is over.
   *
   * @param node - a host, by which the segments pass or at which they end
   * @returns how many RSTs it sent; Left `Unsupported` on a kernel without REJECT, or NFQUEUE for
   *   forged ones, `NotFound`, `Decode`, `Aborted` when the lab stops meanwhile
   */
  readonly resetConnections: (node: string, resets: Resets) => TaskEither<LiquidError, number>;
}

/** All of {@link Netlab} but the life that `openRunning` gives it. */
type NetlabParts = Omit<Netlab, keyof Running<NetlabEvent, NetlabStats>> & {
  readonly stats: () => NetlabStats;
};

/** What the lab needs to know of what runs in it. */
type Stoppable = Pick<Running<never, never>, 'stop' | 'closed'>;

/** Gone already: taken away by the caller, or it went with its namespace. A missing `ip` is not that. */
const isGone = (error: LiquidError): boolean =>
  error._tag === 'NotFound' && error.remedy === undefined;

/** Runs the steps; what takes each back is registered before it runs, for it may be cut short. */
const build = async (
  libc: Libc,
  plan: NetworkPlan,
  options: NetlabOptions,
  scope: Scope<NetlabEvent>,
): Promise<E.Either<LiquidError, void>> => {
  const { logger = silentLogger, onStep } = options;
  for (const [index, step] of plan.steps.entries()) {
    const { argv, undo } = step;
    let made = false;
    if (undo !== null) {
      scope.defer(async () => {
        logger.debug({ argv: undo }, 'undo');
        const undone = await runAdministration(undo);
        return E.isLeft(undone) && made && !isGone(undone.left) ? undone : E.right(undefined);
      });
    }
    onStep?.(step, index, plan.steps.length);
    logger.debug({ argv }, 'step');
    const done = await runStep(libc, step, scope.signal);
    if (E.isLeft(done)) return done;
    made = true;
  }
  return E.right(undefined);
};

const use = (
  libc: Libc,
  plan: NetworkPlan,
  options: NetlabOptions,
  scope: Scope<NetlabEvent>,
): NetlabParts => {
  const { logger = silentLogger } = options;
  const namespaces = new Map(plan.nodes.map(({ node, namespace }) => [node, namespace]));
  const running = new Set<Stoppable>();
  const shapings = new Map<PlannedDevice, Shaping | null>();
  let commands = plan.steps.length;

  scope.defer(async () => {
    await Promise.all([...running].map((one) => one.stop()));
    await endProcessesIn([...namespaces.values()].map(namespacePath));
    return E.right(undefined);
  });

  const namespaceOf = (node: string): E.Either<NotFound, string> => {
    const namespace = namespaces.get(node);
    const expected = [...namespaces.keys()].slice(0, 8).join(', ') || 'none';
    return namespace === undefined
      ? E.left(notFound({ what: 'host or switch', path: node, expected }))
      : E.right(namespace);
  };
  const inNode =
    <A>(
      node: string,
      run: (namespace: string) => TaskEither<LiquidError, A>,
    ): TaskEither<LiquidError, A> =>
    async () => {
      const namespace = namespaceOf(node);
      return E.isLeft(namespace) ? namespace : run(namespace.right)();
    };
  const keep =
    <A extends Stoppable>(
      node: string,
      what: string,
      open: (namespace: string) => TaskEither<LiquidError, A>,
    ): TaskEither<LiquidError, A> =>
    async () => {
      const opened = await inNode(node, open)();
      if (E.isLeft(opened)) return opened;
      const one = opened.right;
      running.add(one);
      scope.emit({ _tag: 'Started', node, what });
      void one.closed.then(() => {
        running.delete(one);
        scope.emit({ _tag: 'Ended', node, what });
      });
      // The lab was stopped while this was being opened: nobody else would stop it any more.
      if (scope.signal.aborted) await one.stop();
      return opened;
    };
  const deviceOf = (node: string, device: string): E.Either<NotFound, PlannedDevice> => {
    const planned = plan.devices.find((one) => one.node === node && one.device === device);
    return planned === undefined
      ? E.left(notFound({ what: 'interface', path: `${node} ${device}` }))
      : E.right(planned);
  };
  const impairer = createImpairer({
    libc,
    by: options.impairer,
    keep: (node, open) => keep(node, 'relay of impaired links', open),
    onCommand: (argv) => {
      logger.debug({ argv }, 'impair');
      commands++;
    },
  });
  const reimpair = async (
    node: string,
    device: string,
    wanted: Impairment | null,
  ): Promise<E.Either<LiquidError, void>> => {
    const decoded = decode(t.union([Impairment, t.null]), 'impairment')(wanted);
    if (E.isLeft(decoded)) return decoded;
    const found = deviceOf(node, device);
    if (E.isLeft(found)) return found;
    const { wire } = found.right;
    if (wire === null) {
      const what = `impairing ${node} ${device}`;
      const expected = 'a link that is described with an impairment, if only {}';
      const remedy = 'Give one of its ends `impairment: {}`.';
      return E.left(unsupported({ what, expected, remedy }));
    }
    const done = await impairer.impair(wire, decoded.right);
    if (E.isLeft(done)) return done;
    const by = done.right;
    scope.emit({ _tag: 'Impaired', node, device, impairment: decoded.right, by });
    return E.right(undefined);
  };
  let resetting = 0;
  const resetConnections = async (
    node: string,
    wanted: Resets,
  ): Promise<E.Either<LiquidError, number>> => {
    const decoded = decode(Resets, 'resets')(wanted);
    if (E.isLeft(decoded)) return decoded;
    const namespace = namespaceOf(node);
    if (E.isLeft(namespace)) return namespace;
    logger.debug({ resets: decoded.right }, 'reset');
    const sent = await resetFor(namespace.right, decoded.right, resetting++, scope.signal);
    if (E.isRight(sent)) scope.emit({ _tag: 'ResetsEnded', node, sent: sent.right });
    return sent;
  };
  const reshape = async (
    node: string,
    device: string,
    wanted: Shaping | null,
  ): Promise<E.Either<LiquidError, void>> => {
    const decoded = decode(t.union([Shaping, t.null]), 'shaping')(wanted);
    if (E.isLeft(decoded)) return decoded;
    const shaping = decoded.right;
    const found = deviceOf(node, device);
    if (E.isLeft(found)) return found;
    const planned = found.right;
    const previous = shapings.get(planned) ?? planned.shaping;
    for (const argv of shapingCommands(planned, shaping, previous)) {
      logger.debug({ argv }, 'reshape');
      commands++;
      const done = await runAdministration(argv);
      if (E.isLeft(done)) return done;
    }
    shapings.set(planned, shaping);
    scope.emit({ _tag: 'Reshaped', node, device, shaping });
    return E.right(undefined);
  };
  return {
    id: plan.id,
    plan,
    namespaceOf,
    exec: (node, argv, options) => inNode(node, (namespace) => execIn(namespace, argv, options)),
    spawn: (node, argv, options) =>
      keep(node, argv.join(' '), (namespace) => spawnIn(namespace, argv, options)),
    spawnNode: (node, script, options) =>
      keep(node, String(script), (namespace) => spawnNodeIn(namespace, script, options)),
    openTun: (node, options) =>
      keep(node, options?.device ?? 'tun0', (namespace) => openTun({ ...options, namespace })),
    openCapture: (node, options) =>
      keep(node, `capture on ${options.device}`, (namespace) =>
        openCapture({ ...options, namespace }),
      ),
    reshape: (node, device, shaping) => () => reshape(node, device, shaping),
    reimpair: (node, device, impairment) => () => reimpair(node, device, impairment),
    resetConnections: (node, resets) => () => resetConnections(node, resets),
    stats: () => ({
      namespaces: namespaces.size,
      devices: plan.devices.length,
      running: running.size,
      commands,
    }),
  };
};

/**
 * Makes a network: a namespace for every host and switch, a veth pair for every link, and all that
 * the description says of them. Nothing of it is seen in the machine's own network: interfaces are
 * born inside their namespaces. When a step fails, whatever was made is taken away again.
 *
 * About 3 ms a command; a client, a switch and a server take 0.1 to 0.2 s.
 *
 * @param description - a {@link NetworkDescription}, checked again at run time
 * @returns Left `Permission` without CAP_SYS_ADMIN and CAP_NET_ADMIN, `NotFound` without `ip` or
 *   `tc` (its remedy names the Debian package) or a node that a link names, `Unsupported` off Linux
 *   or naming what the kernel lacks, `Decode`, `Conflict`, `LimitExceeded`, `Aborted`
 * @example
 * ```ts no-run
 * import { openNetlab } from '@liquid/netlab'
 * import * as E from 'fp-ts/lib/Either.js'
 *
 * const lab = await openNetlab({
 *   hosts: { client: {}, server: {} },
 *   links: [
 *     {
 *       ends: [
 *         { node: 'client', addresses: ['10.0.0.1/24'] },
 *         { node: 'server', addresses: ['10.0.0.2/24'], shaping: { kind: 'tbf', rateBps: 10e6 } },
 *       ],
 *     },
 *   ],
 * })()
 * if (E.isRight(lab)) {
 *   const result = await lab.right.exec('client', ['ip', 'route', 'get', '10.0.0.2'])()
 *   if (E.isRight(result)) console.log(result.right.stdout)
 *   await lab.right.stop()
 * }
 * ```
 * @since 0.1.0
 */
export const openNetlab = (
  description: NetworkDescription,
  options: NetlabOptions = {},
): TaskEither<LiquidError, Netlab> =>
  openRunning<NetlabEvent, NetlabStats>()(
    { what: 'netlab', statsCodec: NetlabStats, signal: options.signal },
    (scope) => async (): Promise<E.Either<LiquidError, NetlabParts>> => {
      // What is wrong with the description is said on every machine, also to those who can't run it.
      const checked = planNetwork(description, 'lq');
      if (E.isLeft(checked)) return checked;
      const allowed = requirePrivileges('making a network');
      if (E.isLeft(allowed)) return allowed;
      const libc = await loadLibc();
      if (E.isLeft(libc)) return libc;
      const claim = claimLab();
      if (E.isLeft(claim)) return claim;
      scope.defer(async () => E.right(claim.right.release()));
      const plan = planNetwork(description, claim.right.id);
      if (E.isLeft(plan)) return plan;
      const built = await build(libc.right, plan.right, options, scope);
      if (E.isLeft(built)) return built;
      const lab = use(libc.right, plan.right, options, scope);
      for (const { node, device, impairment } of plan.right.devices) {
        if (impairment === null) continue;
        const impaired = await lab.reimpair(node, device, impairment)();
        if (E.isLeft(impaired)) return impaired;
      }
      return E.right(lab);
    },
  );

/**
 * Makes a network, does something with it and takes it away, also when that something fails or
 * throws: the shape for tests.
 *
 * @param body - what to do; if it throws, the result is Left `Io`
 * @returns what `body` gave; Left too when the network could not be taken away
 * @example
 * ```ts no-run
 * import { useNetlab } from '@liquid/netlab'
 *
 * const result = await useNetlab({ hosts: { alone: {} } }, {}, (lab) =>
 *   lab.exec('alone', ['ip', '-brief', 'link']),
 * )()
 * console.log(result._tag)
 * ```
 * @since 0.1.0
 */
export const useNetlab =
  <E1 extends Tagged, A>(
    description: NetworkDescription,
    options: NetlabOptions,
    body: (lab: Netlab) => TaskEither<E1, A>,
  ): TaskEither<E1 | LiquidError | Tagged, A> =>
  async () => {
    const lab = await openNetlab(description, options)();
    if (E.isLeft(lab)) return lab;
    let result: E.Either<E1 | LiquidError, A>;
    try {
      result = await body(lab.right)();
    } catch (caught) {
      result = E.left(fromUnknown('using a network')(caught));
    }
    const stopped = await lab.right.stop();
    return E.isRight(result) && E.isLeft(stopped) ? stopped : result;
  };
