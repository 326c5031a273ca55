/** The path manager on a scripted kernel: events in, commands out in the same tick, polls in their time. */
import { Milliseconds, type Tagged } from '@liquid/types';
import { createManualClock, type ManualClock } from '@liquid/types/testing';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, test } from 'vitest';
import type { Command, EngineInput } from '../src/input.js';
import { openPathManager } from '../src/manager.js';
import {
  type PathManager,
  type PathManagerEvent,
  type PathManagerOptions,
  PathManagerStats,
} from '../src/path-manager.js';
import {
  type Action,
  type AnyPolicy,
  anyPolicy,
  type PmView,
  type PolicyInput,
} from '../src/policy.js';
import { connectionFields, ip, LOCAL, REMOTE, subflowFields, tuple } from './support/build.js';
import { createFakeMptcp, type FakeMptcp } from './support/fake-mptcp.js';

const right = <A>(result: E.Either<Tagged, A>): A => {
  if (E.isLeft(result)) throw new Error(`${result.left._tag}: ${result.left.message}`);
  return result.right;
};

/** A policy out of a function. */
const policy = (
  decide: (input: PolicyInput, view: PmView) => ReadonlyArray<Action>,
  wakeAfterMs?: number,
): AnyPolicy =>
  anyPolicy({
    name: 'scripted',
    init: 0,
    step: (state: number, input, view, nowMs) => ({
      state,
      actions: decide(input, view),
      ...(wakeAfterMs === undefined ? {} : { wakeAtMs: nowMs + wakeAfterMs }),
    }),
  });

const create = (token: number, local = 1): Action => ({
  _tag: 'CreateSubflow',
  token,
  local: LOCAL[local] ?? LOCAL[0],
  remote: REMOTE,
  remotePort: 80,
  backup: false,
});

/** Joins every connection from the second address as soon as it is established. */
const JOINING = policy((input) =>
  input._tag === 'Event' && input.event._tag === 'Established' ? [create(input.event.token)] : [],
);

interface Bench {
  readonly kernel: FakeMptcp;
  readonly clock: ManualClock;
  readonly manager: PathManager;
  readonly events: ReadonlyArray<PathManagerEvent>;
  /** Lets time pass, and what it sets going run. */
  readonly pass: (ms: number) => Promise<void>;
}

const withManager = async (
  options: PathManagerOptions,
  body: (bench: Bench) => Promise<void>,
  kernel: FakeMptcp = createFakeMptcp(),
): Promise<void> => {
  const clock = createManualClock();
  const manager = right(
    await openPathManager({
      transport: kernel,
      clock,
      warmUp: false,
      mode: 'manage',
      ...options,
    })(),
  );
  const events: Array<PathManagerEvent> = [];
  manager.events.on((event) => void events.push(event));
  const pass = (ms: number): Promise<void> => clock.advance(Milliseconds.clamp(ms));
  await body({ kernel, clock, manager, events, pass });
  right(await manager.stop());
  expect(kernel.channels()).toBe(0);
  expect(clock.sleeping()).toBe(0);
};

/** What reaches a socket comes with the next turn of the event loop. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

const connect = async ({ kernel }: Bench, token: number, port = 40_000): Promise<void> => {
  kernel.subflows.push({ ...tuple(0, port), token, initial: true });
  kernel.tell({ _tag: 'Created', ...connectionFields(token, port) });
  kernel.tell({ _tag: 'Established', ...connectionFields(token, port) });
  await turn();
};

describe('reactions', () => {
  test('an event is reacted to before anything else is told', async () => {
    const order: string[] = [];
    const kernel = createFakeMptcp();
    kernel.refuse = (command) => {
      order.push(typeof command === 'string' ? command : command._tag);
      return undefined;
    };
    await withManager(
      { policies: [JOINING], record: ({ _tag }) => void order.push(_tag) },
      async (bench) => {
        order.length = 0;
        bench.manager.events.on(({ _tag }) => void order.push(`told ${_tag}`));
        await connect(bench, 7);
        expect(order.slice(order.indexOf('SubflowCreate'))).toEqual([
          'SubflowCreate',
          'Event',
          'told Event',
          'Outcome',
          'told Inferred',
          'told Outcome',
        ]);
        expect(bench.kernel.commands).toMatchObject([
          {
            _tag: 'SubflowCreate',
            token: 7,
            local: { address: LOCAL[1], id: expect.any(Number) },
            remote: { address: REMOTE, port: 80 },
          },
        ]);
      },
      kernel,
    );
  });

  test('a refusal reaches the policy by its meaning', async () => {
    const outcomes: Array<string | undefined> = [];
    const kernel = createFakeMptcp();
    kernel.refuse = () => [-22, 'did not match address and id'];
    const watching = policy((input) => {
      if (input._tag === 'Outcome') outcomes.push(input.refusal?.tag);
      return input._tag === 'Event' && input.event._tag === 'Established'
        ? [create(input.event.token)]
        : [];
    });
    await withManager(
      { policies: [watching] },
      async (bench) => {
        await connect(bench, 7);
        expect(outcomes).toEqual(['AddressIdMismatch']);
        expect(bench.events).toContainEqual(
          expect.objectContaining({
            _tag: 'Outcome',
            error: expect.objectContaining({
              errno: 22,
              kernelText: 'did not match address and id',
            }),
          }),
        );
        expect(bench.manager.stats()).toMatchObject({ commands: 1, refusals: 1, connections: 1 });
      },
      kernel,
    );
  });

  test('a policy is woken when it asked for it, not before', async () => {
    const woken: number[] = [];
    const clock = createManualClock();
    let asked = false;
    const waking = anyPolicy({
      name: 'waking',
      init: 0,
      step: (state: number, input: PolicyInput, _view: PmView, nowMs: number) => {
        if (input._tag === 'Wake') woken.push(nowMs);
        if (input._tag !== 'Event' || asked) return { state, actions: [] };
        asked = true;
        return { state, actions: [], wakeAtMs: nowMs + 1000 };
      },
    });
    await withManager({ policies: [waking], clock }, async (bench) => {
      await connect(bench, 7);
      await clock.advance(Milliseconds.clamp(900));
      expect(woken).toEqual([]);
      await clock.advance(Milliseconds.clamp(200));
      expect(woken).toEqual([1000]);
    });
  });
});

describe('requests', () => {
  test('each command has its answer, in order', async () => {
    await withManager({}, async (bench) => {
      await connect(bench, 7);
      const { manager, kernel } = bench;
      kernel.refuse = (command) =>
        command !== 'SOCK_DESTROY' && command._tag === 'Remove'
          ? [-22, 'address with id 3 not found']
          : undefined;
      const [key = ''] = [...manager.view().connections()].flatMap(({ subflows }) =>
        subflows.map((subflow) => subflow.key),
      );
      const results = await Promise.all([
        manager.apply(create(7))(),
        manager.apply({ _tag: 'SetBackup', token: 7, subflow: key, backup: true })(),
        manager.apply({ _tag: 'Remove', token: 7, id: 3 })(),
        manager.apply({ _tag: 'Announce', token: 7, address: LOCAL[1] })(),
        manager.apply({ _tag: 'Destroy', token: 7, subflow: key })(),
        manager.apply({ _tag: 'Abort', token: 7, subflow: key })(),
      ]);
      expect(results.map((each) => (E.isLeft(each) ? each.left._tag : 'ok'))).toEqual([
        'ok',
        'ok',
        'AddressIdMismatch',
        'ok',
        'ok',
        'ok',
      ]);
      expect(kernel.commands.map((each) => (typeof each === 'string' ? each : each._tag))).toEqual([
        'SubflowCreate',
        'SetFlags',
        'Remove',
        'Announce',
        'SubflowDestroy',
        'SOCK_DESTROY',
      ]);
      const [, backup] = kernel.commands;
      expect(backup).toMatchObject({
        local: { address: LOCAL[0], port: 40_000, flags: 4 },
        remote: { address: REMOTE, port: 80 },
      });
    });
  });

  test('what the manager does not know the kernel is asked', async () => {
    await withManager({}, async ({ manager, kernel }) => {
      kernel.refuse = () => [-22, 'invalid token'];
      const result = await manager.apply(create(99))();
      expect(E.isLeft(result) && result.left).toMatchObject({ _tag: 'UnknownToken', token: 99 });
      expect(kernel.commands.length).toBe(1);
    });
  });

  test.each([
    ['NotEstablished', undefined, false],
    ['ConnectionClosing', 4, false],
    ['TcpFallback', undefined, true],
  ] as const)(
    'a connection that takes no subflow: the kernel is asked why, %s',
    (tag, state, fallback) =>
      withManager({}, async ({ manager, kernel }) => {
        kernel.subflows.push({ ...tuple(0, 40_000), token: 7, initial: true, fallback });
        kernel.refuse = () => [-107];
        kernel.state = state;
        const result = await manager.apply(create(7))();
        expect(E.isLeft(result) && result.left).toMatchObject({ _tag: tag, errno: 107, token: 7 });
      }),
  );

  test('an IPv4-mapped connection takes its subflows as IPv4, and is named as mapped', async () => {
    await withManager({}, async ({ manager, kernel }) => {
      const mapped = {
        token: 7,
        local: ip('::ffff:10.0.0.1'),
        localPort: 40_000,
        remote: ip('::ffff:192.0.2.7'),
        remotePort: 80,
      };
      kernel.subflows.push({ ...mapped, initial: true });
      right(await manager.poll());
      right(await manager.apply({ ...create(7), remote: mapped.remote } as Action)());
      right(
        await manager.apply({
          _tag: 'Destroy',
          token: 7,
          subflow: '10.0.0.1:40000>192.0.2.7:80',
        })(),
      );
      expect(kernel.commands).toMatchObject([
        { local: { address: LOCAL[1] }, remote: { address: REMOTE } },
        { local: { address: mapped.local }, remote: { address: mapped.remote } },
      ]);
    });
  });
});

describe('polls', () => {
  const polled = (events: ReadonlyArray<PathManagerEvent>): ReadonlyArray<string> =>
    events.flatMap((event) =>
      event._tag === 'Polled' ? [`${event.complete ? 'all' : 'each'} ${event.subflows}`] : [],
    );

  test('what was there before is adopted when it opens', async () => {
    const kernel = createFakeMptcp();
    for (let i = 0; i < 5; i++) {
      kernel.subflows.push({ ...tuple(0, 50_000 + i), token: 100 + i, initial: true });
    }
    kernel.subflows.push({ ...tuple(0, 60_000), token: 300, initial: true, fallback: true });
    kernel.subflows.push({ ...tuple(1, 60_001), token: 301, initial: false, state: TIME_OUT });
    await withManager(
      {},
      async ({ manager }) => {
        const connections = [...manager.view().connections()];
        expect(connections.map(({ token }) => token).sort()).toEqual([100, 101, 102, 103, 104]);
        expect(connections.every(({ adopted }) => adopted)).toBe(true);
      },
      kernel,
    );
  });

  test('few subflows are asked for one by one, everything now and then', async () => {
    await withManager({ completeMs: 1000 }, async (bench) => {
      await connect(bench, 7);
      const { events, pass, kernel } = bench;
      kernel.asked.single = 0;
      await pass(300);
      await pass(300);
      expect(polled(events)).toEqual(['each 1', 'each 1']);
      expect(kernel.asked.single).toBe(2);
      await pass(600);
      expect(polled(events)).toEqual(['each 1', 'each 1', 'each 1', 'all 1']);
    });
  });

  test('many are asked for by a dump', async () => {
    await withManager({ exactLimit: 3 }, async (bench) => {
      for (let i = 0; i < 4; i++) await connect(bench, 100 + i, 41_000 + i);
      await bench.pass(300);
      expect(polled(bench.events)).toEqual(['all 4']);
    });
  });

  test('never two at once: a tick is skipped while the last one runs', async () => {
    await withManager({ exactLimit: -1 }, async ({ kernel, manager, pass }) => {
      kernel.asked.dumps = 0;
      kernel.held = [];
      for (let i = 0; i < 10; i++) await pass(300);
      expect(kernel.asked.dumps).toBe(1);
      expect(manager.stats().skippedPolls).toBe(9);
      const { held } = kernel;
      kernel.held = undefined;
      for (const answer of held) answer();
      await turn();
      await pass(300);
      expect(kernel.asked.dumps).toBe(2);
    });
  });

  test('lost events: it says so, and asks for everything at once', async () => {
    await withManager({}, async (bench) => {
      await connect(bench, 7);
      const { kernel, manager, events } = bench;
      // Both without a word: one ends, one begins.
      kernel.subflows.length = 0;
      kernel.subflows.push({ ...tuple(0, 45_000), token: 8, initial: true });
      await bench.pass(290);
      kernel.loseEvents();
      await turn();
      await turn();
      expect(events.map(({ _tag }) => _tag)).toContain('Overrun');
      expect(manager.view().connection(8)?.adopted).toBe(true);
      await bench.pass(310);
      expect(manager.view().connection(7)).toBeUndefined();
      expect(manager.stats().overruns).toBe(1);
    });
  });

  test('an end that a poll found out is not told again by the event', async () => {
    await withManager({}, async (bench) => {
      await connect(bench, 7);
      const { kernel, events, manager, pass } = bench;
      kernel.tell({ _tag: 'SubClosed', ...subflowFields(7, tuple(0, 40_000)), error: 0 });
      await turn();
      kernel.subflows.length = 0;
      right(await manager.poll());
      kernel.tell({ _tag: 'Closed', token: 7 });
      await turn();
      await pass(3000);
      const ends = events.filter(
        (each) =>
          (each._tag === 'Event' || each._tag === 'Inferred') && each.event._tag === 'Closed',
      );
      expect(ends.length).toBe(1);
      expect(events.some(({ _tag }) => _tag === 'Repeated')).toBe(true);
    });
  });

  test('a round-trip time comes into the view', async () => {
    await withManager({}, async (bench) => {
      await connect(bench, 7);
      bench.kernel.subflows[0] = { ...tuple(0, 40_000), token: 7, initial: true, rttUs: 123_000 };
      await bench.pass(300);
      expect(bench.manager.view().connection(7)?.subflows[0]?.sample?.rttUs).toBe(123_000);
    });
  });
});

const TIME_OUT = 4;

describe('addresses', () => {
  test('they are known from the start, and followed', async () => {
    await withManager({}, async ({ manager, kernel, events }) => {
      const ups = (): ReadonlyArray<boolean> => manager.view().addresses.map(({ up }) => up);
      expect(manager.view().addresses.map(({ address }) => address)).toEqual(LOCAL);
      expect(ups()).toEqual([true, true, true]);
      kernel.setLink(1, false);
      await turn();
      expect(ups()).toEqual([true, false, true]);
      // The same news again is none.
      const before = events.length;
      kernel.setLink(1, false);
      await turn();
      expect(events.length).toBe(before);
      kernel.setLink(1, true);
      await turn();
      expect(ups()).toEqual([true, true, true]);
    });
  });
});

describe('rights', () => {
  test('without them, managing is refused and observing works', async () => {
    const kernel = createFakeMptcp({ rights: false });
    kernel.subflows.push({ ...tuple(0, 50_000), token: 100, initial: true });
    const managed = await openPathManager({ transport: kernel, policies: [JOINING] })();
    expect(E.isLeft(managed) && managed.left).toMatchObject({
      _tag: 'Permission',
      expected: 'CAP_NET_ADMIN',
    });
    expect(kernel.channels()).toBe(0);
    const clock = createManualClock();
    const manager = right(await openPathManager({ transport: kernel, clock })());
    expect(manager.mode).toBe('observe');
    expect(manager.view().connectionCount).toBe(1);
    const applied = await manager.apply(create(100))();
    expect(E.isLeft(applied) && applied.left._tag).toBe('Permission');
    // Polls alone tell what comes and goes.
    kernel.subflows.push({ ...tuple(0, 50_001), token: 101, initial: true });
    await clock.advance(Milliseconds.clamp(300));
    expect(manager.view().connectionCount).toBe(2);
    kernel.subflows.length = 1;
    await clock.advance(Milliseconds.clamp(900));
    expect(manager.view().connectionCount).toBe(1);
    right(await manager.stop());
    expect(kernel.channels()).toBe(0);
  });

  test('a policy that is given twice is a mistake', async () => {
    const kernel = createFakeMptcp();
    const opened = await openPathManager({ transport: kernel, policies: [JOINING, JOINING] })();
    expect(E.isLeft(opened) && opened.left._tag).toBe('Conflict');
    expect(kernel.channels()).toBe(0);
  });
});

describe('life', () => {
  test('a stop by signal gives everything back', async () => {
    const kernel = createFakeMptcp();
    const controller = new AbortController();
    const clock = createManualClock();
    const manager = right(
      await openPathManager({ transport: kernel, clock, signal: controller.signal })(),
    );
    controller.abort();
    const ended = await manager.closed;
    expect(E.isLeft(ended) && ended.left._tag).toBe('Aborted');
    expect(kernel.channels()).toBe(0);
    expect(clock.sleeping()).toBe(0);
  });

  test('warming up asks for limits and nothing else', async () => {
    const recorded: Array<readonly [EngineInput['_tag'], ReadonlyArray<Command>]> = [];
    await withManager(
      {
        policies: [JOINING],
        warmUp: true,
        record: ({ _tag }, commands) => void recorded.push([_tag, commands]),
      },
      async ({ kernel, manager }) => {
        expect(kernel.commands).toEqual([]);
        expect(manager.view().connectionCount).toBe(0);
        expect(recorded.map(([tag]) => tag)).toEqual(['Addresses', 'Samples']);
        expect(manager.stats()).toMatchObject({ events: 0, commands: 0 });
      },
    );
  });

  test('its counters have a codec', async () => {
    await withManager({}, async ({ manager }) => {
      expect(PathManagerStats.is(manager.stats())).toBe(true);
      expect(subflowFields(1, tuple(0, 1)).token).toBe(1);
    });
  });
});
