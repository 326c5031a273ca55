/**
 * The scenario `rohc-tunnel` on the real kernel: what its report and series say, compression switched while it runs,
 * what the terminal makes of it, and that nothing is left behind, however it ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sweep } from '@liquid/netlab';
import { scenarios } from '@liquid/rohc-example';
import { decodeJson, renderError } from '@liquid/types';
import { type Report, RunOutcome, type Scenario } from '@liquid/types/scenario';
import { createTestContext, scenarioConformance, type TestContext } from '@liquid/types/testing';
import * as E from 'fp-ts/lib/Either.js';
import { expect, test } from 'vitest';
import { asked, NOT_ASKED, right } from './support/lab.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const NAMESPACES = '/run/netns';
const NOBODY = '65534';

const scenario = (): Scenario => {
  const found = scenarios.find(({ id }) => id === 'rohc-tunnel');
  if (found === undefined) throw new Error('bug: the app exports no rohc-tunnel');
  return found;
};

/** Namespaces that labs of a process have made. */
const namespacesOf = (pid: number): ReadonlyArray<string> =>
  existsSync(NAMESPACES)
    ? readdirSync(NAMESPACES).filter((name) => name.startsWith(`lq-${pid}-`))
    : [];

/** Handed down to all that these tests start, so that other runs on this machine are none of theirs. */
const MARK = 'LIQUID_TUNNEL_TEST';
process.env[MARK] = String(process.pid);

/** The tunnel's programs that these tests have started and that still run. */
const workers = (): ReadonlyArray<string> =>
  readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const read = (name: string): string => readFileSync(`/proc/${pid}/${name}`, 'utf8');
      return (
        read('cmdline').includes('/tunnel/worker.js') &&
        read('environ').includes(`${MARK}=${process.pid}\0`)
      );
    } catch {
      // it has ended meanwhile
      return false;
    }
  });

const systemTest = (name: string, run: () => Promise<void>): void => {
  test(name, async (ctx) => {
    if (!asked) ctx.skip(NOT_ASKED);
    await run();
    expect(namespacesOf(process.pid)).toEqual([]);
    expect(workers()).toEqual([]);
  });
};

const until = async (what: string, holds: () => boolean): Promise<void> => {
  for (let i = 0; i < 600; i++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited in vain for ${what}`);
};

const figure = (report: Report, id: string): number =>
  report.figures.find((it) => it.id === id)?.value ?? Number.NaN;

/** A cell of the table that each end's counts are in, for near and far. */
const counted = (report: Report, title: string): ReadonlyArray<number> => {
  const row = report.tables.find(({ id }) => id === 'ends')?.rows.find(([name]) => name === title);
  return [Number(row?.[1]), Number(row?.[2])];
};

/** Points of a series within a span of time. */
const points = ({ points: all }: TestContext, series: string, from = 0, to = Infinity) =>
  all.filter((it) => it.series === series && it.x > from && it.x <= to).map(({ y }) => y);

for (const direction of ['far-to-near', 'near-to-far', 'both'] as const) {
  systemTest(`4 s ${direction}: headers shrink, hashes are equal`, async () => {
    const it = createTestContext();
    const report = right(await scenario().run({ seconds: 4, direction }, it.context)());
    console.log(`${direction}: ${report.summary}`);
    const directions = direction === 'both' ? ['far-to-near', 'near-to-far'] : [direction];
    for (const one of directions) {
      expect(figure(report, `goodput-${one}-rohc`)).toBeGreaterThan(10);
      expect(points(it, `goodput-${one}`).length).toBeGreaterThanOrEqual(4);
    }
    expect(figure(report, 'acknowledgements-gone')).toBeGreaterThanOrEqual(70);
    expect(figure(report, 'data-gone')).toBeGreaterThanOrEqual(70);
    expect(figure(report, 'saved')).toBeGreaterThan(0);
    expect(figure(report, 'cpu-rohc')).toBeGreaterThan(0);
    expect(figure(report, 'carried')).toBeGreaterThan(5e6);
    expect(counted(report, 'packets not rebuilt')).toEqual([0, 0]);
    expect(points(it, 'saved').at(-1)).toBeGreaterThan(0);
    // Sizes of plain acknowledgements are what the deliverable gives: no timestamps, no loss.
    if (direction !== 'both') {
      expect(report.comparisons.slice(0, 2).map(({ reached }) => reached)).toEqual([true, true]);
    }
  });
}

systemTest('compression is switched off and on while it runs, and no packet is lost', async () => {
  const it = createTestContext();
  const running = scenario().run({ seconds: 6 }, it.context)();
  const seconds = (): number => it.progress.at(-1)?.done ?? 0;
  await until('the first two seconds', () => seconds() >= 2);
  const off = seconds();
  it.control('compression', false);
  await until('two seconds without', () => seconds() >= off + 2);
  const on = seconds();
  it.control('compression', true);
  const report = right(await running);
  console.log(`switched: ${report.summary}`);
  const mean = (values: ReadonlyArray<number>): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const after = (from: number, to: number): number =>
    mean(points(it, 'acknowledgements-after', from, to));
  const queues = 0.6;
  expect(after(1, off)).toBeLessThan(12);
  expect(after(off + queues, on)).toBeCloseTo(40, 0);
  expect(after(on + queues, 6)).toBeLessThan(12);
  expect(figure(report, 'switches')).toBe(2);
  expect(figure(report, 'goodput-far-to-near-none')).toBeGreaterThan(10);
  expect(figure(report, 'goodput-far-to-near-rohc')).toBeGreaterThan(10);
  // Not one datagram was lost, nor one packet that a decompressor could not rebuild.
  expect(figure(report, 'missing')).toBe(0);
  expect(counted(report, 'packets not rebuilt')).toEqual([0, 0]);
  expect(counted(report, 'packets dropped for want of room')).toEqual([0, 0]);
  // Contexts were kept: the flow of 6 s was not initialised again.
  const formats = report.tables.find(({ id }) => id === 'formats')?.rows ?? [];
  const initialised = formats.find(([name]) => name === '0x0006 IR');
  expect(Number(initialised?.[1]) + Number(initialised?.[2])).toBeLessThanOrEqual(8);
});

systemTest(
  'loss while it runs: datagrams are thrown away, contexts recover, every octet arrives',
  async () => {
    const it = createTestContext();
    const running = scenario().run({ seconds: 4, timestamps: true }, it.context)();
    await until('the first second', () => (it.progress.at(-1)?.done ?? 0) >= 1);
    it.control('lossPercent', 1);
    const report = right(await running);
    console.log(`loss: ${report.summary}`);
    const [near = 0, far = 0] = counted(report, 'thrown away on arrival, as asked');
    expect(near + far).toBeGreaterThan(3);
    expect(figure(report, 'missing')).toBe(0);
    expect(report.comparisons.map(({ reached }) => reached)).toEqual([null, null, null]);
  },
);

systemTest('aborted in the middle: it ends as aborted, and nothing is left', async () => {
  const it = createTestContext();
  const running = scenario().run({ seconds: 60 }, it.context)();
  await until('a second', () => (it.progress.at(-1)?.done ?? 0) >= 1);
  expect(namespacesOf(process.pid).length).toBe(2);
  it.abort();
  const result = await running;
  expect(E.isLeft(result) && result.left._tag).toBe('Aborted');
});

systemTest('a program of the tunnel that is killed ends the run with its name', async () => {
  const it = createTestContext();
  const running = scenario().run({ seconds: 60 }, it.context)();
  await until('a second', () => (it.progress.at(-1)?.done ?? 0) >= 1);
  const [victim = ''] = workers();
  process.kill(Number(victim), 'SIGKILL');
  const result = await running;
  expect(E.isLeft(result) && result.left._tag).toBe('Io');
  expect(E.isLeft(result) && renderError(result.left)).toMatch(/the tunnel on (near|far) ended/);
});

/** Runs the terminal; as another user where one is given. */
const terminal = (args: ReadonlyArray<string>, user?: string) => {
  const command = [
    process.execPath,
    `${ROOT}apps/console/dist/cli.js`,
    'run',
    'rohc-tunnel',
    ...args,
  ];
  const drop = ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--'];
  const [program = '', ...rest] = user === undefined ? command : [...drop, ...command];
  const child: ChildProcess = spawn(program, rest, {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const said = { out: '', note: '' };
  child.stdout?.on('data', (text) => {
    said.out += String(text);
  });
  child.stderr?.on('data', (text) => {
    said.note += String(text);
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, said, ended };
};

const outcomeOf = (text: string) => right(decodeJson(RunOutcome, { what: 'outcome' })(text));

systemTest('in the terminal, as root', async () => {
  const { said, ended } = terminal(['--seconds', '4', '--json']);
  expect(await ended, said.note).toBe(0);
  const outcome = outcomeOf(said.out);
  expect(outcome.ok).toBe(true);
  expect(said.note).toContain('"series":"acknowledgements-after"');
});

systemTest('in the terminal, controls as lines on its input', async () => {
  const { child, said, ended } = terminal(['--seconds', '4', '--json', '--controls']);
  await until('a second', () => said.note.split('"goodput-far-to-near"').length > 4);
  child.stdin?.write('{"name":"compression","value":false}\n');
  expect(await ended, said.note).toBe(0);
  const outcome = outcomeOf(said.out);
  expect(outcome.ok && figure(outcome.result.report, 'switches')).toBe(1);
  expect(outcome.ok && figure(outcome.result.report, 'missing')).toBe(0);
});

systemTest('in the terminal, as an ordinary user: refused, with the mend', async () => {
  const { said, ended } = terminal(['--seconds', '4', '--json'], NOBODY);
  expect(await ended, said.note).toBe(1);
  const outcome = outcomeOf(said.out);
  expect(!outcome.ok && outcome.error._tag).toBe('Permission');
  expect(!outcome.ok && outcome.error.message).toContain('root');
  expect(said.out).toContain('sudo');
});

systemTest('Ctrl-C in the terminal: exit code 130, nothing left', async () => {
  const { child, said, ended } = terminal(['--seconds', '60', '--json']);
  await until('points', () => said.note.includes('"type":"point"'));
  const pid = child.pid ?? 0;
  expect(namespacesOf(pid).length).toBe(2);
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  expect(namespacesOf(pid)).toEqual([]);
});

systemTest(
  'killed in the middle: its programs end by themselves, the sweeper takes the rest',
  async () => {
    const { child, said, ended } = terminal(['--seconds', '60', '--json']);
    await until('points', () => said.note.includes('"type":"point"'));
    const pid = child.pid ?? 0;
    child.kill('SIGKILL');
    await ended;
    await until('the end of its programs', () => workers().length === 0);
    expect(namespacesOf(pid).length).toBe(2);
    right(await sweep());
    expect(namespacesOf(pid)).toEqual([]);
  },
);

test('keeps the contract of scenarios', async (ctx) => {
  if (!asked) ctx.skip(NOT_ASKED);
  for (const check of scenarioConformance(scenario(), { input: { seconds: 1 } })) {
    const result = await check.run();
    expect(E.isLeft(result) ? `${check.name}: ${renderError(result.left)}` : 'kept').toBe('kept');
  }
});
