/** A reaction that was worked out before its event came: sent with it, once, and what it would have been. */
import { Milliseconds } from '@liquid/types';
import { createManualClock, type ManualClock } from '@liquid/types/testing';
import * as E from 'fp-ts/lib/Either.js';
import { expect, test } from 'vitest';
import type { Command, EngineInput } from '../src/input.js';
import { openPathManager } from '../src/manager.js';
import type { PathManager, PathManagerEvent } from '../src/path-manager.js';
import { type Action, type AnyPolicy, anyPolicy } from '../src/policy.js';
import { createEngine, stepEngine } from '../src/engine.js';
import { connectionFields, LOCAL, REMOTE, tuple } from './support/build.js';
import { createFakeMptcp, type FakeMptcp } from './support/fake-mptcp.js';

const join = (token: number, local = 1): Action => ({
  _tag: 'CreateSubflow',
  token,
  local: LOCAL[local] ?? LOCAL[0],
  remote: REMOTE,
  remotePort: 80,
  backup: false,
});

/** Joins every established connection; from where, the function says. */
const joining = (localAt: (nowMs: number, up: ReadonlyArray<number>) => number): AnyPolicy =>
  anyPolicy({
    name: 'joining',
    init: 0,
    step: (state: number, input, view, nowMs) => {
      const up = view.addresses.flatMap((each) =>
        each.up ? [LOCAL.indexOf(each.address as (typeof LOCAL)[number])] : [],
      );
      return {
        state,
        actions:
          input._tag === 'Event' && input.event._tag === 'Established'
            ? [join(input.event.token, localAt(nowMs, up))]
            : [],
      };
    },
  });

interface Bench {
  readonly kernel: FakeMptcp;
  readonly clock: ManualClock;
  readonly manager: PathManager;
  readonly events: ReadonlyArray<PathManagerEvent>;
  readonly recorded: ReadonlyArray<{
    readonly input: EngineInput;
    readonly commands: ReadonlyArray<Command>;
  }>;
  /** Whether the last command came before its event was told to anybody. */
  readonly early: () => boolean;
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

const withManager = async (
  policy: AnyPolicy,
  body: (bench: Bench) => Promise<void>,
): Promise<void> => {
  const kernel = createFakeMptcp();
  const clock = createManualClock();
  const recorded: Array<{ input: EngineInput; commands: ReadonlyArray<Command> }> = [];
  let stepsAtCommand = 0;
  kernel.refuse = () => {
    stepsAtCommand = clockReads;
    return undefined;
  };
  let clockReads = 0;
  const reading = {
    ...clock,
    nowMs: () => {
      clockReads++;
      return clock.nowMs();
    },
  };
  const opened = await openPathManager({
    transport: kernel,
    clock: reading,
    warmUp: false,
    mode: 'manage',
    policies: [policy],
    record: (input, commands) => void recorded.push({ input, commands }),
  })();
  if (E.isLeft(opened)) throw new Error(opened.left.message);
  const manager = opened.right;
  const events: Array<PathManagerEvent> = [];
  manager.events.on((event) => void events.push(event));
  let readsBefore = 0;
  const tell = kernel.tell;
  Object.assign(kernel, {
    tell: (event: Parameters<typeof tell>[0]) => {
      readsBefore = clockReads;
      tell(event);
    },
  });
  const early = (): boolean => stepsAtCommand === readsBefore;
  await body({ kernel, clock, manager, events, recorded, early });
  await manager.stop();
  expect(kernel.channels()).toBe(0);
};

const created = async ({ kernel }: Bench, token: number): Promise<void> => {
  kernel.subflows.push({ ...tuple(0, 40_000), token, initial: true });
  kernel.tell({ _tag: 'Created', ...connectionFields(token, 40_000) });
  await turn();
};

const established = async ({ kernel }: Bench, token: number): Promise<void> => {
  kernel.tell({ _tag: 'Established', ...connectionFields(token, 40_000) });
  await turn();
};

const creations = ({ kernel }: Bench): ReadonlyArray<unknown> =>
  kernel.commands.flatMap((each) =>
    typeof each !== 'string' && each._tag === 'SubflowCreate' ? [each.local.address] : [],
  );

const replays = ({ recorded }: Bench, policy: AnyPolicy): void => {
  let engine = createEngine({ policies: [policy] });
  for (const { input, commands } of recorded) {
    const step = stepEngine(engine, input);
    expect(step.commands).toEqual(commands);
    engine = step.engine;
  }
};

test('the command is sent with the event, before the manager looks at it, and once', async () => {
  const policy = joining(() => 1);
  await withManager(policy, async (bench) => {
    await created(bench, 7);
    expect(creations(bench)).toEqual([]);
    await established(bench, 7);
    expect(bench.early()).toBe(true);
    expect(creations(bench)).toEqual([LOCAL[1]]);
    expect(bench.events.filter(({ _tag }) => _tag === 'Outcome')).toMatchObject([
      { command: { action: join(7) } },
    ]);
    expect(bench.manager.stats()).toMatchObject({ commands: 1, refusals: 0 });
    replays(bench, policy);
  });
});

test('what came in between counts, and then it is looked ahead anew', async () => {
  // From the last address that is up.
  const policy = joining((_now, up) => up.at(-1) ?? 0);
  await withManager(policy, async (bench) => {
    await created(bench, 7);
    bench.kernel.setLink(LOCAL.length - 1, false);
    await turn();
    await bench.clock.advance(Milliseconds.clamp(1));
    await established(bench, 7);
    expect(creations(bench)).toEqual([LOCAL[LOCAL.length - 2]]);
    expect(bench.early()).toBe(true);
    replays(bench, policy);
  });
});

test('another connection in between: the ordinary way, and once', async () => {
  const policy = joining(() => 1);
  await withManager(policy, async (bench) => {
    await created(bench, 7);
    await created(bench, 8);
    await established(bench, 7);
    expect(bench.early()).toBe(false);
    await established(bench, 8);
    expect(creations(bench)).toEqual([LOCAL[1], LOCAL[1]]);
    replays(bench, policy);
  });
});

test('a policy that looks at the clock: what was sent stands, and the log says the same', async () => {
  const policy = joining((nowMs) => (nowMs < 20 ? 1 : 2));
  await withManager(policy, async (bench) => {
    await created(bench, 7);
    // No poll yet.
    await bench.clock.advance(Milliseconds.clamp(50));
    await established(bench, 7);
    expect(creations(bench)).toEqual([LOCAL[1]]);
    replays(bench, policy);
  });
});

test('a refusal of what was sent ahead reaches policy and user as any other', async () => {
  await withManager(
    joining(() => 1),
    async (bench) => {
      await created(bench, 7);
      bench.kernel.refuse = () => [-22, 'invalid token'];
      await established(bench, 7);
      expect(bench.events.find(({ _tag }) => _tag === 'Outcome')).toMatchObject({
        error: { errno: 22, kernelText: 'invalid token' },
      });
      expect(bench.manager.stats()).toMatchObject({ commands: 1, refusals: 1 });
    },
  );
});

test('a connection that ends before it was established leaves nothing armed', async () => {
  await withManager(
    joining(() => 1),
    async (bench) => {
      await created(bench, 7);
      bench.kernel.tell({ _tag: 'Closed', token: 7 });
      await turn();
      await established(bench, 7);
      expect(bench.kernel.commands.length).toBe(creations(bench).length);
      expect(bench.early()).toBe(false);
    },
  );
});
