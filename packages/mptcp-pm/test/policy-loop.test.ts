/** Policies in a closed loop with a network made of formulas: they react in time and don't flap. */
import { expect, test } from 'vitest';
import { fullMesh } from '../src/policy/full-mesh.js';
import { lossyPath } from '../src/policy/lossy-path.js';
import { maxRtt } from '../src/policy/max-rtt.js';
import { minBandwidth } from '../src/policy/min-bandwidth.js';
import { ndiffports } from '../src/policy/ndiffports.js';
import { oneInterface } from '../src/policy/one-interface.js';
import { refresh } from '../src/policy/refresh.js';
import { resetReaction } from '../src/policy/reset-reaction.js';
import { slowSubflow } from '../src/policy/slow-subflow.js';
import { LOCAL } from './support/build.js';
import { type Entry, FakeKernel, type PathState } from './support/fake-kernel.js';

const good: PathState = { rttMs: 20, bps: 5e6 };
const steady = (): PathState => good;

/** Actions upon one subflow are at least so far apart. */
const spacing = (entries: ReadonlyArray<Entry>): number => {
  const last = new Map<string, number>();
  let least = Number.POSITIVE_INFINITY;
  for (const { atMs, command } of entries) {
    if (!('subflow' in command.action)) continue;
    const key = command.action.subflow;
    least = Math.min(least, atMs - (last.get(key) ?? Number.NEGATIVE_INFINITY));
    last.set(key, atMs);
  }
  return least;
};

const activeOn = (kernel: FakeKernel, path: number): number =>
  kernel.active().filter((subflow) => subflow.path === path).length;

test('full mesh covers every address once, and comes back to what broke', () => {
  const kernel = new FakeKernel({ policies: [fullMesh()], path: steady, up: [0, 1, 2] }).run(2000);
  expect(kernel.of('CreateSubflow').length).toBe(2);
  expect(kernel.subflows.map(({ path }) => path).sort()).toEqual([0, 1, 2]);
  const second = kernel.subflows.find(({ path }) => path === 1);
  if (second !== undefined) kernel.close(second, 104);
  kernel.run(2500);
  expect(kernel.of('CreateSubflow').length).toBe(2);
  kernel.run(4000);
  expect(kernel.subflows.length).toBe(3);
});

test('full mesh tries a dead path ever more rarely', () => {
  const path = (index: number): PathState => (index === 1 ? { ...good, dead: true } : good);
  const kernel = new FakeKernel({ policies: [fullMesh()], path }).run(300_000);
  expect(kernel.of('CreateSubflow').length).toBeLessThan(12);
  expect(kernel.of('CreateSubflow').length).toBeGreaterThan(4);
});

test('ndiffports opens n between the same addresses at once, and replaces a lost one', () => {
  const kernel = new FakeKernel({ policies: [ndiffports({ n: 4 })], path: steady }).run(1000);
  expect(kernel.subflows.map(({ path }) => path)).toEqual([0, 0, 0, 0]);
  expect(kernel.of('CreateSubflow').every(({ atMs }) => atMs === 0)).toBe(true);
  const lost = kernel.subflows[2];
  if (lost !== undefined) kernel.close(lost, 104);
  kernel.run(5000);
  expect(kernel.subflows.length).toBe(4);
});

for (const action of ['backup', 'destroy', 'abort'] as const) {
  test(`maximum RTT by ${action}: quick to rest, slow to come back, no flapping`, () => {
    const path = (index: number, atMs: number): PathState =>
      index === 0 && atMs > 5000 && atMs < 60_000 ? { ...good, rttMs: 800 } : good;
    const policies = [maxRtt({ maxMs: 200, action }), fullMesh()];
    const kernel = new FakeKernel({ policies, path }).run(5000);
    const before = kernel.commands.length;
    kernel.run(6500);
    expect(kernel.commands.length).toBe(before + 1);
    expect(activeOn(kernel, 0)).toBe(0);
    kernel.run(60_000);
    expect(activeOn(kernel, 0)).toBe(0);
    kernel.run(200_000);
    expect(activeOn(kernel, 0)).toBe(1);
    expect(activeOn(kernel, 1)).toBe(1);
    const ownSubflows = kernel.commands.filter(({ command }) => command.by === 'max-rtt');
    // Probes that find the path slow are closed at once; all others are left alone for the hold time.
    const created = new Set(
      kernel.of('SetBackup').map(({ command }) => JSON.stringify(command.action)),
    );
    expect(spacing(kernel.of('SetBackup'))).toBeGreaterThanOrEqual(10_000);
    expect(created.size).toBe(kernel.of('SetBackup').length);
    expect(ownSubflows.length).toBeLessThan(16);
    expect(kernel.deadMs).toBe(0);
  });
}

test('maximum RTT sees a stall before any slow sample, and never takes the last path', () => {
  const path = (index: number, atMs: number): PathState =>
    atMs > 5000 && index === 0 ? { ...good, stalled: true } : good;
  const both = new FakeKernel({ policies: [maxRtt({ maxMs: 200 }), fullMesh()], path }).run(6200);
  expect(activeOn(both, 0)).toBe(0);
  const single = new FakeKernel({ policies: [maxRtt({ maxMs: 200 })], path }).run(60_000);
  expect(single.commands).toEqual([]);
});

test('maximum RTT relative to the quickest', () => {
  const path = (index: number): PathState => ({ ...good, rttMs: index === 1 ? 150 : 20 });
  const policies = [maxRtt({ maxMs: 1000, factor: 4 }), fullMesh()];
  const kernel = new FakeKernel({ policies, path }).run(3000);
  expect(activeOn(kernel, 1)).toBe(0);
  expect(activeOn(kernel, 0)).toBe(1);
});

/** A line of 5 Mbit/s whose raw estimate dips at each loss, as measured with reno. */
const sawtooth = (atMs: number): number => (Math.floor(atMs / 300) % 12 === 0 ? 0.55 : 1);

test('minimum bandwidth: no false alarm, detection within 2.5 s, closed after the cross traffic', () => {
  for (const line of [2e6, 5e6, 20e6]) {
    const path = (index: number, atMs: number): PathState => ({
      rttMs: 60,
      bps:
        line *
        0.98 *
        (index === 1 ? 1 : sawtooth(atMs) * (atMs > 100_000 && atMs < 140_000 ? 0.5 : 1)),
    });
    const policies = [minBandwidth({ thresholdBps: 0.8 * line })];
    const kernel = new FakeKernel({ policies, path }).run(100_000);
    expect(kernel.commands).toEqual([]);
    expect(kernel.bytesOn[1]).toBe(0);
    kernel.run(102_500);
    expect(kernel.of('CreateSubflow').length).toBe(1);
    kernel.run(140_000);
    expect(activeOn(kernel, 1)).toBe(1);
    kernel.run(175_000);
    expect(activeOn(kernel, 1)).toBe(0);
    expect(kernel.commands.length).toBe(2);
  }
});

test('one interface: the second off, on within three polls of a shortage, off again', () => {
  const path = (index: number, atMs: number): PathState => ({
    rttMs: 40,
    bps: index === 0 && atMs > 20_000 && atMs < 40_000 ? 2e6 : 5e6,
  });
  for (const off of ['destroy', 'backup'] as const) {
    const policies = [oneInterface({ thresholdBps: 4e6, off }), fullMesh()];
    const kernel = new FakeKernel({ policies, path }).run(20_000);
    expect(activeOn(kernel, 1)).toBe(0);
    expect(kernel.bytesOn[1]).toBeLessThan(60_000);
    kernel.run(20_000 + 3 * 300 + 60);
    expect(activeOn(kernel, 1)).toBe(1);
    kernel.run(40_000);
    expect(activeOn(kernel, 1)).toBe(1);
    kernel.run(70_000);
    expect(activeOn(kernel, 1)).toBe(0);
    const mine = kernel.commands.filter(({ command }) => command.by === 'one-interface');
    expect(mine.length).toBe(3);
    expect(spacing(mine)).toBeGreaterThanOrEqual(5000);
    expect(kernel.deadMs).toBe(0);
  }
});

test('one interface: a stream that had what it wanted is short at once when the path becomes narrow', () => {
  const path = (index: number, atMs: number): PathState => ({
    rttMs: 40,
    bps: index === 0 && atMs > 20_000 ? 1.5e6 : 8e6,
  });
  const policies = [oneInterface({ thresholdBps: 3e6 })];
  const kernel = new FakeKernel({ policies, path, wantedBps: 4e6 }).run(20_000);
  expect(kernel.commands).toEqual([]);
  kernel.run(20_000 + 3 * 300 + 60);
  expect(activeOn(kernel, 1)).toBe(1);
});

test('reset of the only subflow: at once on the other interface; a storm is ridden out', () => {
  const kernel = new FakeKernel({ policies: [resetReaction()], path: steady }).run(1000);
  const first = kernel.subflows[0];
  if (first !== undefined) kernel.close(first, 104);
  expect(kernel.commands.map(({ atMs, command }) => [atMs, command.action])).toMatchObject([
    [1000, { _tag: 'CreateSubflow', local: LOCAL[1] }],
  ]);
  for (let i = 0; i < 20; i++) {
    kernel.run(2000 + i * 1000);
    const victim = kernel.subflows.find(({ up }) => up);
    if (victim !== undefined) kernel.close(victim, 104);
  }
  kernel.run(40_000);
  expect(kernel.active().length).toBeGreaterThan(0);
  expect(kernel.of('CreateSubflow').length).toBeLessThanOrEqual(25);
});

test('a reset by the peer takes the other branch', () => {
  const run = (transient: boolean, onPeer: 'same' | 'other' | 'none') => {
    const policies = [resetReaction({ onPeer }), fullMesh({ backoff: slow })];
    const kernel = new FakeKernel({ policies, path: steady }).run(1000);
    const second = kernel.subflows.find(({ path }) => path === 1);
    if (second !== undefined) kernel.close(second, 104, { transient });
    kernel.run(3000);
    return kernel.of('CreateSubflow').length - 1;
  };
  const slow = { initialMs: 60_000, factor: 2, capMs: 60_000, resetMs: 0 };
  expect(run(true, 'same')).toBe(1);
  expect(run(false, 'same')).toBe(0);
  expect(run(true, 'none')).toBe(0);
  expect(run(true, 'other')).toBe(1);
});

for (const mesh of [false, true]) {
  test(`refresh of two every second${mesh ? ', with full mesh' : ''}: never without a subflow`, () => {
    const policies = mesh
      ? [refresh({ n: 2, everyMs: 1000 }), fullMesh()]
      : [refresh({ n: 2, everyMs: 1000 })];
    const kernel = new FakeKernel({ policies, path: steady, up: mesh ? [0, 1] : [0] }).run(10_000);
    expect(kernel.deadMs).toBe(0);
    expect(kernel.of('Destroy').length).toBeGreaterThanOrEqual(6);
    expect(kernel.of('Destroy').length).toBeLessThanOrEqual(10);
    expect(kernel.active().length).toBeGreaterThanOrEqual(2);
    expect(kernel.subflows.length).toBeLessThanOrEqual(3);
    const ids = kernel
      .of('CreateSubflow')
      .flatMap(({ command }) =>
        command.action._tag === 'CreateSubflow' && command.action.local === LOCAL[0]
          ? [command.action.localId]
          : [],
      );
    expect(new Set(ids).size <= 1 && !ids.some((id) => id !== 0)).toBe(true);
  });
}

test('refresh once performance falls', () => {
  const path = (_: number, atMs: number): PathState =>
    atMs > 20_000 && atMs < 30_000 ? { ...good, bps: 1e6 } : good;
  const policies = [refresh({ n: 1, everyMs: 3_600_000, below: 0.5 })];
  const kernel = new FakeKernel({ policies, path, up: [0] }).run(20_000);
  expect(kernel.commands).toEqual([]);
  kernel.run(28_000);
  expect(kernel.of('Destroy').length).toBe(1);
  expect(kernel.deadMs).toBe(0);
});

test('a lossy path is reset, left alone, and tried again', () => {
  const path = (index: number, atMs: number): PathState =>
    index === 1 && atMs < 40_000 ? { ...good, loss: 0.3 } : { ...good, loss: 0.01 };
  const kernel = new FakeKernel({ policies: [lossyPath(), fullMesh()], path }).run(6000);
  expect(kernel.of('Abort').length).toBe(1);
  expect(activeOn(kernel, 1)).toBe(0);
  kernel.run(120_000);
  expect(activeOn(kernel, 1)).toBe(1);
  expect(kernel.of('Abort').length).toBeLessThanOrEqual(3);
  expect(kernel.deadMs).toBe(0);
});

test('a slow subflow rests while the window is small, and is left alone when it is large', () => {
  const path = (index: number): PathState =>
    index === 0 ? { rttMs: 20, bps: 20e6 } : { rttMs: 400, bps: 1e6 };
  const policies = [slowSubflow(), fullMesh()];
  const large = new FakeKernel({ policies, path }).run(20_000);
  expect(large.of('SetBackup')).toEqual([]);
  // What the window lets through of the quick path's 20 Mbit/s: a tenth.
  const kernel = new FakeKernel({ policies, path, windowBytes: 64_000 });
  kernel.run(3000);
  const first = kernel.subflows[0];
  for (let i = 1; i < 40; i++) {
    if (first !== undefined && activeOn(kernel, 1) > 0) first.bytesAcked -= (18e6 / 8) * 0.3;
    kernel.run(3000 + i * 300);
  }
  expect(activeOn(kernel, 1)).toBe(0);
  expect(kernel.of('SetBackup').length).toBe(1);
});
