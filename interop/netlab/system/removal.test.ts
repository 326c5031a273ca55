/** Nothing is left: after stop, failure, a thrown error, an abort, and after SIGKILL once swept. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Netlab, openNetlab, parseNamespaceName, sweep, useNetlab } from '@liquid/netlab';
import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import {
  expectAsBefore,
  lookAt,
  open,
  PAIR,
  right,
  runs,
  script,
  systemTest,
  until,
} from './machine.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netlab-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Left {
  readonly id: string;
  readonly pids: ReadonlyArray<number>;
  /** Of impaired links; none on a kernel with netem. */
  readonly relays: ReadonlyArray<number>;
}

/** A process with a lab, as far as it tells before it is killed. */
const startOwner = async (
  file: string,
): Promise<{ readonly child: ChildProcess; readonly left: Left }> => {
  const child = spawn(process.execPath, [script('owner.mjs'), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const left = await new Promise<Left>((resolve, reject) => {
    child.stdout?.once('data', (line: Buffer) => resolve(JSON.parse(line.toString()) as Left));
    child.once('exit', () => reject(new Error('the owner ended')));
  });
  return { child, left };
};

const kill = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });

const namespaces = (prefix: string): string[] =>
  readdirSync('/run/netns').filter((name) => name.startsWith(prefix));

const pings = async (lab: Netlab): Promise<boolean> =>
  right(await lab.exec('client', ['ping', '-c', '1', '-W', '5', '10.0.0.2'])()).exitCode === 0;

describe('after an orderly end', () => {
  systemTest('stop takes everything, twice is once, and what ran in it has ended', async () => {
    const before = lookAt();
    const lab = await open(PAIR);
    const inside = right(await lab.spawn('client', ['sh', '-c', 'sleep 1000 & echo $!; wait'])());
    let pid = 0;
    for await (const event of inside.events) {
      if (event._tag !== 'Line') continue;
      pid = Number(event.line);
      break;
    }
    // A daemon leaves its group; its namespace it can't leave.
    right(await lab.exec('server', ['sh', '-c', 'setsid -f sleep 1000 > /dev/null 2>&1'])());
    expect(runs(pid)).toBe(true);
    const results = await Promise.all([lab.stop(), lab.stop()]);
    expect(results).toEqual([E.right(undefined), E.right(undefined)]);
    expect(await inside.closed).toEqual(E.right(undefined));
    expect(runs(pid)).toBe(false);
    expect(lab.stats()).toMatchObject({ running: 0, namespaces: 2 });
    expectAsBefore(before);
  });

  systemTest('impaired links, and a middlebox at work', async () => {
    const before = lookAt();
    const lab = await open({
      ...PAIR,
      links: (PAIR.links ?? []).map(({ ends: [a, b] }) => ({
        ends: [{ ...a, impairment: { delayMs: 5, jitterMs: 1 } }, b],
      })),
    });
    expect(await pings(lab)).toBe(true);
    const relays = execFileSync('ip', ['netns', 'pids', right(lab.namespaceOf('wire'))]).toString();
    const resetting = lab.resetConnections('server', { forMs: 60_000 })();
    right(await lab.stop());
    expect(await resetting).toMatchObject(E.left({ _tag: 'Aborted' }));
    expect(relays.split('\n').filter((pid) => pid !== '' && runs(Number(pid)))).toEqual([]);
    expectAsBefore(before);
  });

  systemTest('await using', async () => {
    const before = lookAt();
    {
      await using lab = await open(PAIR);
      expect(await pings(lab)).toBe(true);
    }
    expectAsBefore(before);
  });

  systemTest('a body that throws or fails', async () => {
    const before = lookAt();
    const thrown = await useNetlab(PAIR, {}, (lab) => async () => {
      right(await lab.spawn('client', ['sleep', '1000'])());
      throw new Error('a test that fails');
    })();
    expect(thrown).toMatchObject(E.left({ _tag: 'Io' }));
    const failed = await useNetlab(PAIR, {}, () => TE.left({ _tag: 'Mine', message: 'no' }))();
    expect(failed).toEqual(E.left({ _tag: 'Mine', message: 'no' }));
    expectAsBefore(before);
  });
});

describe('after a failure', () => {
  systemTest('in the middle of the plan', async () => {
    const before = lookAt();
    const steps: string[] = [];
    const result = await openNetlab(
      {
        ...PAIR,
        // Its next hop can't be reached: the kernel refuses the route, after all else is there.
        hosts: { client: {}, server: { routes: [{ to: 'default', via: '203.0.113.1' }] } },
      },
      { onStep: ({ argv }) => steps.push(argv.join(' ')) },
    )();
    expect(result).toMatchObject(E.left({ _tag: 'Io' }));
    expect(E.isLeft(result) && result.left.message).toContain('route add default');
    expect(steps.at(-1)).toContain('route add default');
    expectAsBefore(before);
  });

  systemTest('at every step, by the signal', async () => {
    const before = lookAt();
    for (let at = 0; ; at += 3) {
      const abort = new AbortController();
      const result = await openNetlab(PAIR, {
        signal: abort.signal,
        onStep: (_, index) => index === at && abort.abort(),
      })();
      if (E.isRight(result)) {
        right(await result.right.stop());
        break;
      }
      expect(result.left._tag).toBe('Aborted');
      expectAsBefore(before);
    }
    expectAsBefore(before);
  });

  systemTest('a kernel setting that is not there', async () => {
    const before = lookAt();
    const description = { hosts: { a: { sysctls: { 'net.ipv4.no_such_setting': 1 } } } };
    const result = await openNetlab(description)();
    expect(result).toMatchObject(E.left({ _tag: 'NotFound' }));
    expectAsBefore(before);
  });

  systemTest('without the rights for it', () => {
    // The first door is closed before anything is looked for; so no file need be readable.
    const program = `
      import { openNetlab, sweep, openTun } from '@liquid/netlab';
      process.setgroups([]); process.setgid(65534); process.setuid(65534);
      const results = [await openNetlab({ hosts: { a: {} } })(), await sweep()];
      process.stdout.write(JSON.stringify(results));`;
    const argv = ['--input-type=module', '--eval', program];
    const output = execFileSync(process.execPath, argv, { cwd: import.meta.dirname });
    const results = JSON.parse(output.toString()) as Array<{
      left: { _tag: string; remedy: string };
    }>;
    expect(results.map(({ left }) => left._tag)).toEqual(['Permission', 'Permission']);
    expect(results[0]?.left.remedy).toContain('root');
    return Promise.resolve();
  });
});

describe('side by side', () => {
  systemTest('labs of one description do not collide', async () => {
    const before = lookAt();
    const labs = await Promise.all([open(PAIR), open(PAIR), open(PAIR), open(PAIR)]);
    expect(new Set(labs.map(({ id }) => id)).size).toBe(4);
    expect(await Promise.all(labs.map(pings))).toEqual([true, true, true, true]);
    const [first, ...others] = labs;
    right((await first?.stop()) ?? E.right(undefined));
    expect(await Promise.all(others.map(pings))).toEqual([true, true, true]);
    await Promise.all(others.map((lab) => lab.stop()));
    expectAsBefore(before);
  });
});

describe('after SIGKILL', () => {
  systemTest('the sweeper takes all that is left, and nothing of a living owner', async () => {
    const before = lookAt();
    const living = await open(PAIR);
    const file = join(folder, 'killed.pcap');
    const { child, left } = await startOwner(file);
    const pid = child.pid ?? 0;
    const ownerBefore = lookAt([pid]);
    expect(ownerBefore.namespaces).toHaveLength(4);
    await kill(child);

    // A relay needs no sweeper: it ends with its owner.
    await until(() => !left.relays.some(runs));

    // The evidence that there is something to sweep.
    expect(namespaces(left.id)).toHaveLength(4);
    expect(left.pids.every(runs)).toBe(true);
    const partial = readdirSync(folder).filter((name) => name.startsWith('killed.pcap.'));
    expect(partial).toHaveLength(1);

    // Two at once: they must not fall over each other.
    const reports = (await Promise.all([sweep(), sweep()])).map(right);
    expect(reports.flatMap(({ failures }) => failures)).toEqual([]);
    const swept = new Set(reports.flatMap((report) => report.namespaces));
    expect([...swept].filter((name) => name.startsWith(left.id))).toHaveLength(4);
    for (const { alive } of reports) expect(alive).toContain(`${living.id}-client`);

    expect(namespaces(left.id)).toEqual([]);
    expect(left.pids.some(runs)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
    expect(lookAt([pid])).toMatchObject({ namespaces: [], registry: [] });
    expect(await pings(living)).toBe(true);
    right(await living.stop());
    expectAsBefore(before);
  });

  systemTest('killed while the lab is being made, at any point', async () => {
    const before = lookAt();
    for (const delayMs of [0, 20, 40, 80, 160, 320]) {
      const child = spawn(process.execPath, [script('owner.mjs'), join(folder, 'early.pcap')], {
        stdio: 'ignore',
      });
      const pid = child.pid ?? 0;
      const started = (): boolean => namespaces(`lq-${pid}-`).length > 0;
      await until(started);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await kill(child);
      // An `ip` that was running when its parent died may still finish its one command.
      await until(() => !ipRuns(pid));
      expect(right(await sweep()).failures).toEqual([]);
      expect(lookAt([pid])).toMatchObject({ namespaces: [], registry: [] });
      expect(readdirSync(folder)).toEqual([]);
    }
    expectAsBefore(before);
  });

  systemTest('a pid that was given out again protects nothing', async () => {
    const before = lookAt();
    const living = await open(PAIR);
    const parsed = right(parseNamespaceName(`${living.id}-client`));
    const { owner } = parsed;
    // This process's pid, with the start of an earlier one.
    const reused = `lq-${owner.pid}-${(owner.startTicks - 1).toString(36)}-${owner.scope}-0-old`;
    const foreign = `lq-1-1-${owner.scope === '00000000' ? '00000001' : '00000000'}-0-foreign`;
    try {
      for (const name of [reused, foreign]) execFileSync('ip', ['netns', 'add', name]);
      const report = right(await sweep());
      expect(report.namespaces).toContain(reused);
      expect(report.foreign).toContain(foreign);
      expect(report.alive).toContain(`${living.id}-server`);
      expect(existsSync(`/run/netns/${foreign}`)).toBe(true);
    } finally {
      execFileSync('ip', ['netns', 'del', foreign]);
    }
    expect(await pings(living)).toBe(true);
    right(await living.stop());
    expectAsBefore(before);
  });
});

/** Whether an `ip` works on a namespace of this owner. */
const ipRuns = (pid: number): boolean =>
  readdirSync('/proc').some((name) => {
    try {
      const line = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      return (
        /(?:^|\/)(?:ip|tc)$/.test(line[0] ?? '') && line.some((word) => word.includes(`lq-${pid}-`))
      );
    } catch {
      return false;
    }
  });
