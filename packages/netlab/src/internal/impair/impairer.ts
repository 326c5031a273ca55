/** The lab's side of impairments: netem where the kernel has it, else the relay and its rules. */

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as E from 'fp-ts/lib/Either.js';
import { closed, decode, io, type LiquidError, permission, unsupported } from '@liquid/types';
import type { Argv } from '../../argv.js';
import { type Impairer, type Impairment, netemArguments } from '../../impairment.js';
import type { PlannedWire } from '../../planned.js';
import { type RunningProcess, spawnNodeIn } from '../../process.js';
import type { Libc } from '../libc.js';
import { setSysctl } from '../network-namespace.js';
import { runAdministration } from '../run-step.js';
import { type RelayFailure, RelayReply } from './messages.js';
import { applyRules, families } from './rules.js';

/** Command and argument with which `netlab` becomes the relay of another `netlab`. */
const RELAY_COMMAND = 'relay';

/** The command line's own file, beside the built library in both formats. */
const relayScript = (): string => {
  const here = typeof __filename === 'string' ? __filename : fileURLToPath(import.meta.url);
  return join(dirname(here), 'cli.js');
};

export interface ImpairerOptions {
  readonly libc: Libc;
  /** What to use; default what there is. */
  readonly by: Impairer | undefined;
  /** Starts a program that is stopped with the lab. */
  readonly keep: (
    node: string,
    open: () => ReturnType<typeof spawnNodeIn>,
  ) => ReturnType<typeof spawnNodeIn>;
  /** Told each command. */
  readonly onCommand: (argv: Argv) => void;
}

export interface LabImpairer {
  /** Impairs what is sent into a wire. */
  readonly impair: (
    wire: PlannedWire,
    impairment: Impairment | null,
  ) => Promise<E.Either<LiquidError, Impairer>>;
}

const asError = ({ tag, message, remedy }: RelayFailure): LiquidError => {
  const shape = { message, ...(remedy === undefined ? {} : { remedy }) };
  if (tag === 'Unsupported') return unsupported(shape);
  if (tag === 'Permission') return permission(shape);
  return io(shape);
};

const STARTED_MS = 20_000;

/** A running relay, asked one thing at a time or several. */
class RelayClient {
  readonly #process: RunningProcess;
  readonly #waiting = new Map<number, (reply: E.Either<LiquidError, void>) => void>();
  #requests = 0;
  readonly ready: Promise<E.Either<LiquidError, void>>;

  constructor(running: RunningProcess) {
    this.#process = running;
    let said = '';
    this.ready = new Promise((resolve) => {
      const fail = (): void => {
        const message = `the relay of impaired links ended${said === '' ? '' : `: ${said}`}`;
        const error = E.left(closed({ what: 'relay', message }));
        resolve(error);
        for (const answer of this.#waiting.values()) answer(error);
        this.#waiting.clear();
      };
      const timer = setTimeout(fail, STARTED_MS);
      running.events.onTag('Line', ({ line }) => {
        // Of a stack trace the sentence, of anything else the last line.
        if (!said.includes('Error')) said = line.trim() === '' ? said : line;
      });
      running.events.onTag('Message', ({ message }) => {
        if (message === 'ready') {
          clearTimeout(timer);
          resolve(E.right(undefined));
        } else this.#take(message);
      });
      void running.exited.then(() => {
        clearTimeout(timer);
        fail();
      });
    });
  }

  #take(message: unknown): void {
    const reply = decode(RelayReply, 'relay reply')(message);
    if (E.isLeft(reply)) return;
    const { request, error } = reply.right;
    const answer = this.#waiting.get(request);
    this.#waiting.delete(request);
    answer?.(error === undefined ? E.right(undefined) : E.left(asError(error)));
  }

  async ask(queue: number, impairment: Impairment): Promise<E.Either<LiquidError, void>> {
    const request = this.#requests++;
    const answered = new Promise<E.Either<LiquidError, void>>((resolve) => {
      this.#waiting.set(request, resolve);
    });
    const sent = await this.#process.send({ request, queue, impairment })();
    if (E.isLeft(sent)) {
      this.#waiting.delete(request);
      return sent;
    }
    return answered;
  }
}

/** Bridged packets pass the tables of IP only where this is set; it is, unless somebody changed it. */
const BRIDGE_SETTINGS = [
  'net.bridge.bridge-nf-call-iptables',
  'net.bridge.bridge-nf-call-ip6tables',
];

export const createImpairer = (options: ImpairerOptions): LabImpairer => {
  const { libc, keep, onCommand } = options;
  /** Queues that have a rule, or ports that have a netem. */
  const touched = new Set<number>();
  let deciding: Promise<Impairer> | undefined;
  let starting: Promise<E.Either<LiquidError, RelayClient>> | undefined;

  const tc = async (argv: Argv): Promise<E.Either<LiquidError, string>> => {
    onCommand(argv);
    return runAdministration(argv);
  };

  /** Tried on a device that carries nothing. */
  const decide = async (namespace: string): Promise<Impairer> => {
    const on = (verb: string): string[] => ['-n', namespace, 'qdisc', verb, 'dev', 'lo', 'root'];
    const added = await tc(['tc', ...on('add'), ...netemArguments({ delayMs: 1 })]);
    if (E.isLeft(added)) return 'nfqueue';
    await tc(['tc', ...on('del')]);
    return 'netem';
  };

  const byNetem = async (
    { namespace, out }: PlannedWire,
    impairment: Impairment,
  ): Promise<E.Either<LiquidError, void>> => {
    const root = ['-n', namespace, 'qdisc', 'replace', 'dev', out, 'root', 'handle', '1:'];
    const done = await tc(['tc', ...root, ...netemArguments(impairment)]);
    return E.isLeft(done) ? done : E.right(undefined);
  };

  const start = async ({
    node,
    namespace,
  }: PlannedWire): Promise<E.Either<LiquidError, RelayClient>> => {
    for (const key of BRIDGE_SETTINGS) {
      const set = setSysctl(libc, { namespace, key, value: '1', optional: false });
      if (E.isRight(set)) continue;
      const what = 'impairing packets without netem';
      const remedy =
        'Load sch_netem (CONFIG_NET_SCH_NETEM), or br_netfilter (CONFIG_BRIDGE_NETFILTER).';
      return E.left(unsupported({ what, actual: key, remedy, cause: set.left }));
    }
    const spawned = await keep(node, () =>
      spawnNodeIn(namespace, relayScript(), { args: [RELAY_COMMAND] }),
    )();
    if (E.isLeft(spawned)) return spawned;
    const client = new RelayClient(spawned.right);
    const ready = await client.ready;
    if (E.isRight(ready)) return E.right(client);
    await spawned.right.stop();
    return ready;
  };

  const hook = async ({
    namespace,
    port,
    queue,
  }: PlannedWire): Promise<E.Either<LiquidError, void>> => {
    const line = `-A PREROUTING -m physdev --physdev-in ${port} -j NFQUEUE --queue-num ${queue}`;
    for (const family of families()) {
      const program = family === 4 ? 'iptables' : 'ip6tables';
      onCommand(['ip', 'netns', 'exec', namespace, program, '-t', 'raw', ...line.split(' ')]);
      const done = await applyRules(namespace, family, { table: 'raw', lines: [line] });
      if (E.isLeft(done)) return done;
    }
    return E.right(undefined);
  };

  const byRelay = async (
    wire: PlannedWire,
    impairment: Impairment,
  ): Promise<E.Either<LiquidError, void>> => {
    const relay = await (starting ??= start(wire));
    if (E.isLeft(relay)) {
      // Another try may find what this one lacked.
      starting = undefined;
      return relay;
    }
    // The queue before the rule: packets for a queue that nobody serves would be dropped.
    const bound = await relay.right.ask(wire.queue, impairment);
    return E.isLeft(bound) || touched.has(wire.queue) ? bound : hook(wire);
  };

  let last: Promise<unknown> = Promise.resolve();
  return {
    impair: (wire, impairment) => {
      const work = async (): Promise<E.Either<LiquidError, Impairer>> => {
        const by = options.by ?? (await (deciding ??= decide(wire.namespace)));
        if (impairment === null && !touched.has(wire.queue)) return E.right(by);
        const done = await (by === 'netem' ? byNetem : byRelay)(wire, impairment ?? {});
        if (E.isLeft(done)) return done;
        touched.add(wire.queue);
        return E.right(by);
      };
      // One after the other: two changes of one device must not pass each other.
      const done = last.then(work);
      last = done;
      return done;
    },
  };
};
