/** Impairments: the schedule of packets, what tc is told, what a plan makes of them. */
import * as E from 'fp-ts/lib/Either.js';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  Impairment,
  netemArguments,
  type NetworkDescription,
  planNetwork,
  Resets,
  resetRules,
} from '../src/index.js';
import { FATE, Schedule } from '../src/internal/impair/schedule.js';
import { resetFamilies } from '../src/reset.js';
import { cases } from './arbitrary.js';

const impairment = fc.record(
  {
    delayMs: fc.double({ min: 0, max: 1000, noNaN: true }),
    jitterMs: fc.double({ min: 0, max: 500, noNaN: true }),
    distribution: fc.constantFrom('uniform' as const, 'normal' as const),
    lossPercent: fc.double({ min: 0, max: 100, noNaN: true }),
    reorderPercent: fc.double({ min: 0, max: 100, noNaN: true }),
    limitPackets: fc.integer({ min: 1, max: 50 }),
    seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Impairment>;

/** A packet after some milliseconds, a look at the clock, or another impairment. */
const happening = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ packetAfterMs: fc.double({ min: 0, max: 30, noNaN: true }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ releaseAfterMs: fc.double({ min: 0, max: 200, noNaN: true }) }),
  },
  { weight: 1, arbitrary: fc.record({ change: impairment }) },
);

interface Run {
  readonly fates: ReadonlyArray<number>;
  /** Numbers of the packets that went on after waiting, with the last number of each release. */
  readonly released: ReadonlyArray<{ readonly last: number; readonly count: number }>;
  readonly held: ReadonlyArray<number>;
}

const run = (first: Impairment, happenings: ReadonlyArray<object>): Run => {
  const schedule = new Schedule(first);
  const fates: number[] = [];
  const held: number[] = [];
  const released: Array<{ last: number; count: number }> = [];
  let now = 0;
  // Near the wrap of the kernel's 32-bit numbers.
  let id = 0xffff_fff0;
  const release = (): void => {
    const count = schedule.releaseUpTo(now);
    if (count > 0) released.push({ last: schedule.lastReleased, count });
    expect(schedule.nextDue).toBeGreaterThan(now);
  };
  for (const one of happenings) {
    if ('packetAfterMs' in one) {
      now += Number(one.packetAfterMs);
      id = (id + 1) >>> 0;
      const before = schedule.nextDue;
      const fate = schedule.arrive(id, now);
      fates.push(fate);
      if (fate === FATE.HOLD) held.push(id);
      // A newcomer never moves the head.
      if (before !== Number.POSITIVE_INFINITY) expect(schedule.nextDue).toBe(before);
    } else if ('releaseAfterMs' in one) {
      now += Number(one.releaseAfterMs);
      release();
    } else if ('change' in one) schedule.change(one.change as Impairment);
  }
  now += 1e9;
  release();
  expect(schedule.length).toBe(0);
  return { fates, released, held };
};

describe('the schedule', () => {
  const runs = { numRuns: cases(1 / 20) };
  const happenings = fc.array(happening, { maxLength: 200 });

  test('lets every held packet go once, in the order in which they came', () => {
    fc.assert(
      fc.property(impairment, happenings, (first, all) => {
        const { released, held } = run(first, all);
        let next = 0;
        for (const { last, count } of released) {
          next += count;
          expect(held[next - 1]).toBe(last);
        }
        expect(next).toBe(held.length);
      }),
      runs,
    );
  });

  test('does the same with the same seed', () => {
    fc.assert(
      fc.property(impairment, happenings, (first, all) => {
        expect(run(first, all)).toEqual(run(first, all));
      }),
      { numRuns: cases(1 / 100) },
    );
  });

  test('holds a packet for its delay, within its jitter, unless an earlier one is later', () => {
    fc.assert(
      fc.property(
        impairment,
        fc.array(fc.double({ min: 0, max: 50, noNaN: true })),
        (some, gaps) => {
          const { delayMs = 0, jitterMs = 0, distribution } = some;
          const schedule = new Schedule({ ...some, limitPackets: 1000 });
          // The sum of twelve uniforms strays six deviations at most.
          const spread = distribution === 'normal' ? 6 * jitterMs : jitterMs;
          let now = 0;
          for (const gap of gaps) {
            now += gap;
            const alone = schedule.length === 0;
            if (schedule.arrive(1, now) !== FATE.HOLD) continue;
            const latest = now + delayMs + spread + 1e-6;
            if (alone) {
              expect(schedule.nextDue).toBeGreaterThanOrEqual(
                now + Math.max(0, delayMs - spread) - 1e-6,
              );
            }
            // Not even behind others: they came earlier, with the same bound.
            expect(schedule.nextDue).toBeLessThanOrEqual(latest);
            if (gap > 25) schedule.releaseUpTo(now);
          }
        },
      ),
      runs,
    );
  });

  test('holds no more than its limit, and drops the rest', () => {
    const schedule = new Schedule({ delayMs: 10, limitPackets: 3 });
    const fates = [1, 2, 3, 4].map((id) => schedule.arrive(id, 0));
    expect(fates).toEqual([FATE.HOLD, FATE.HOLD, FATE.HOLD, FATE.DROP]);
    schedule.change({ delayMs: 10, limitPackets: 5 });
    expect(schedule.arrive(5, 1)).toBe(FATE.HOLD);
    expect(schedule.releaseUpTo(10)).toBe(3);
    expect(schedule.lastReleased).toBe(3);
  });

  test('a shorter delay lets none overtake; none at all waits for the last', () => {
    const schedule = new Schedule({ delayMs: 100 });
    expect(schedule.arrive(1, 0)).toBe(FATE.HOLD);
    schedule.change({});
    expect(schedule.arrive(2, 1)).toBe(FATE.HOLD);
    expect(schedule.releaseUpTo(99)).toBe(0);
    expect(schedule.releaseUpTo(100)).toBe(2);
    expect(schedule.arrive(3, 101)).toBe(FATE.PASS);
  });

  test.each([
    ['nothing', {}, [0, 10_000, 0]],
    ['everything lost', { lossPercent: 100 }, [10_000, 0, 0]],
    ['everything overtakes', { delayMs: 5, reorderPercent: 100 }, [0, 10_000, 0]],
    ['reordering without a delay is none', { reorderPercent: 100 }, [0, 10_000, 0]],
  ])('%s', (_, some, expected) => {
    const schedule = new Schedule(some);
    const seen = [0, 0, 0];
    for (let id = 0; id < 10_000; id++) {
      const fate = schedule.arrive(id, id);
      seen[fate] = (seen[fate] ?? 0) + 1;
      schedule.releaseUpTo(id);
    }
    expect(seen).toEqual(expected);
  });

  test('loses and reorders the share that was asked for', () => {
    const schedule = new Schedule({ delayMs: 1, lossPercent: 20, reorderPercent: 25, seed: 11 });
    const seen = [0, 0, 0];
    for (let id = 0; id < 100_000; id++) {
      const fate = schedule.arrive(id, id);
      seen[fate] = (seen[fate] ?? 0) + 1;
      schedule.releaseUpTo(id);
    }
    // Chosen by the seed, so the bounds never flicker: 20 %, then 25 % of the rest.
    expect(Math.abs((seen[FATE.DROP] ?? 0) - 20_000)).toBeLessThan(600);
    expect(Math.abs((seen[FATE.PASS] ?? 0) - 20_000)).toBeLessThan(600);
  });

  test('a normal jitter has the standard deviation that it names', () => {
    const schedule = new Schedule({ delayMs: 100, jitterMs: 10, distribution: 'normal' });
    let sum = 0;
    let squares = 0;
    const count = 20_000;
    for (let id = 0; id < count; id++) {
      schedule.arrive(id, id * 1000);
      const delay = schedule.nextDue - id * 1000;
      schedule.releaseUpTo(schedule.nextDue);
      sum += delay;
      squares += (delay - 100) ** 2;
    }
    expect(Math.abs(sum / count - 100)).toBeLessThan(0.5);
    expect(Math.abs(Math.sqrt(squares / count) - 10)).toBeLessThan(0.5);
  });
});

describe('netem', () => {
  test.each<[Impairment, string]>([
    [{}, 'netem limit 10000'],
    [
      { delayMs: 12.5, jitterMs: 3, distribution: 'normal' },
      'netem limit 10000 delay 12500us 3000us distribution normal rate 1000gbit',
    ],
    [{ lossPercent: 0.5, limitPackets: 7 }, 'netem limit 7 loss 0.5%'],
    [
      { delayMs: 1, reorderPercent: 25 },
      'netem limit 10000 delay 1000us rate 1000gbit reorder 25%',
    ],
  ])('%o', (some, expected) => {
    expect(netemArguments(some).join(' ')).toBe(expected);
  });
});

describe('a plan', () => {
  const description: NetworkDescription = {
    hosts: { a: {}, b: {}, wire: {} },
    links: [
      { ends: [{ node: 'a' }, { node: 'b' }] },
      { ends: [{ node: 'a', impairment: { delayMs: 5 } }, { node: 'b' }], mtu: 1280 },
    ],
  };
  const plan = planNetwork(description, 'lq');
  if (E.isLeft(plan)) throw new Error(plan.left.message);
  const { nodes, devices, steps } = plan.right;
  const lines = steps.map(({ argv }) => argv.join(' '));

  test('leads a link with an impairment through a wire, whose name nobody else has', () => {
    expect(nodes.at(-1)).toEqual({ node: 'wire2', kind: 'wire', namespace: 'lq-wire2' });
    expect(devices.map(({ wire }) => wire?.port ?? null)).toEqual([null, null, 'w1a', 'w1b']);
    expect(devices.map(({ wire }) => wire?.out ?? null)).toEqual([null, null, 'w1b', 'w1a']);
    expect(devices.map(({ impairment: one }) => one)).toEqual([null, null, { delayMs: 5 }, null]);
    expect(lines).toContain(
      'ip -n lq-a link add name eth1 mtu 1280 type veth peer name w1a mtu 1280 netns lq-wire2',
    );
    expect(lines).toContain('ip -n lq-wire2 link set dev w1b master w1 up');
    expect(lines).toContain(
      'ip -n lq-a link add name eth0 mtu 1500 type veth peer name eth0 mtu 1500 netns lq-b',
    );
  });

  test('blanks out options where the end sends', () => {
    const stripped = planNetwork(
      {
        hosts: { a: {}, b: {} },
        links: [{ ends: [{ node: 'a', stripOptions: [30, 8] }, { node: 'b' }] }],
      },
      'lq',
    );
    if (E.isLeft(stripped)) throw new Error(stripped.left.message);
    const rule = '-w -t mangle -A POSTROUTING -o eth0 -p tcp -j TCPOPTSTRIP --strip-options 30,8';
    expect(stripped.right.steps.map(({ argv }) => argv.join(' '))).toEqual(
      expect.arrayContaining([
        `ip netns exec lq-a iptables-legacy ${rule}`,
        `ip netns exec lq-a ip6tables-legacy ${rule}`,
      ]),
    );
  });
});

describe('resets', () => {
  const text = (resets: Resets): string[] => resetRules(resets).map((rule) => rule.join(' '));
  const target = '-j REJECT --reject-with tcp-reset';

  test('of both directions, of one, of all', () => {
    const match = { source: '10.0.0.0/8', destination: '10.1.0.1', destinationPort: 80, forMs: 1 };
    const forward = `-s 10.0.0.0/8 -d 10.1.0.1 -p tcp --dport 80 ${target}`;
    const backward = `-s 10.1.0.1 -d 10.0.0.0/8 -p tcp --sport 80 ${target}`;
    expect(text(match)).toEqual([forward, backward]);
    expect(text({ ...match, direction: 'forward' })).toEqual([forward]);
    expect(text({ ...match, direction: 'backward' })).toEqual([backward]);
    expect(text({ forMs: 1, direction: 'forward' })).toEqual([`-p tcp ${target}`]);
  });

  test('that are forged meet the segments on their way to who is told', () => {
    const match = { source: '10.0.0.0/8', destinationPort: 80, forMs: 1 };
    const rules = (resets: Resets): string[] => resetRules(resets, 7).map((rule) => rule.join(' '));
    const toSource = '-d 10.0.0.0/8 -p tcp --sport 80 -j NFQUEUE --queue-num 7';
    const toDestination = '-s 10.0.0.0/8 -p tcp --dport 80 -j NFQUEUE --queue-num 7';
    expect(rules({ ...match, count: 2 })).toEqual([toSource, toDestination]);
    expect(rules({ ...match, reason: 0, direction: 'forward' })).toEqual([toSource]);
    expect(rules({ ...match, transient: false, direction: 'backward' })).toEqual([toDestination]);
  });

  test('concern the families of their addresses', () => {
    expect(resetFamilies({})).toEqual([4, 6]);
    expect(resetFamilies({ source: '10.0.0.1' })).toEqual([4]);
    expect(resetFamilies({ destination: 'fd00::/64' })).toEqual([6]);
  });
});

test.each([
  ['a misspelt key', { delay: 5 }],
  ['a negative delay', { delayMs: -1 }],
  ['no number', { delayMs: Number.NaN }],
  ['more than all', { lossPercent: 101 }],
  ['another distribution', { jitterMs: 1, distribution: 'pareto' }],
  ['a limit of none', { limitPackets: 0 }],
])('an impairment with %s is refused', (_, value) => {
  expect(E.isLeft(Impairment.decode(value))).toBe(true);
});

test.each([
  ['no time', {}],
  ['a port of 0', { forMs: 1, sourcePort: 0 }],
  ['a name for an address', { forMs: 1, source: 'example.org' }],
  ['the default route', { forMs: 1, destination: 'default' }],
  ['a count of none', { forMs: 1, count: 0 }],
  ['a reason of two octets', { forMs: 1, reason: 256 }],
  ['a flag that is a number', { forMs: 1, transient: 1 }],
])('resets with %s are refused', (_, value) => {
  expect(E.isLeft(Resets.decode(value))).toBe(true);
});
