/** `pnpm bench netlab`, as root: TUN echo against plain `fs`, and what a lab costs. */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import {
  type NetworkDescription,
  openNetlab,
  type RunningProcess,
  useNetlab,
} from '@liquid/netlab';
import { renderError, type Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { measuredOn } from '../../../scripts/lib/measured.ts';
import type { Results, ResultRow } from '../../../scripts/lib/results.ts';

const ROUNDS = 7;
const DATAGRAMS = 100_000;

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const right = <A>(result: E.Either<Tagged, A>): A => {
  if (E.isRight(result)) return result.right;
  process.stderr.write(`${renderError(result.left)}\n`);
  process.exit(1);
};

const message = async (process: RunningProcess): Promise<unknown> => {
  for await (const event of process.events) {
    if (event._tag === 'Message') return event.message;
  }
  return undefined;
};

/** Packets echoed per second of the echoing process's CPU time. */
const echo = async (mode: string): Promise<number> =>
  right(
    await useNetlab({ hosts: { alone: {} } }, {}, (lab) => async () => {
      const echoer = right(await lab.spawnNode('alone', file('echo.ts'), { args: [mode] })());
      await message(echoer);
      const load = async (datagrams: number): Promise<number> => {
        const args = [file('../system/udp.mjs'), '10.9.0.2', '5000', String(datagrams)];
        const { stdout } = right(await lab.exec('alone', [process.execPath, ...args])());
        return (JSON.parse(stdout) as { received: number }).received;
      };
      // Compiled before it is measured.
      await load(DATAGRAMS / 10);
      const begun = message(echoer);
      right(await echoer.send('begin')());
      await begun;
      const received = await load(DATAGRAMS);
      const told = message(echoer);
      right(await echoer.send('end')());
      const { cpuUs } = (await told) as { cpuUs: number };
      return E.right((received * 1e6) / cpuUs);
    })(),
  );

const DUMBBELL: NetworkDescription = {
  hosts: { client: {}, server: {} },
  switches: { middle: {} },
  links: [
    {
      ends: [
        { node: 'client', addresses: ['10.0.0.1/24'], shaping: { kind: 'tbf', rateBps: 1e7 } },
        { node: 'middle' },
      ],
    },
    { ends: [{ node: 'server', addresses: ['10.0.0.2/24'] }, { node: 'middle' }] },
  ],
};

interface Samples {
  readonly open: number[];
  readonly exec: number[];
  readonly stop: number[];
}

const timeLab = async (samples: Samples): Promise<void> => {
  const start = performance.now();
  const lab = right(await openNetlab(DUMBBELL)());
  const opened = performance.now();
  right(await lab.exec('client', ['true'])());
  const ran = performance.now();
  right(await lab.stop());
  samples.open.push(opened - start);
  samples.exec.push(ran - opened);
  samples.stop.push(performance.now() - ran);
};

const measured = (values: ReadonlyArray<number>) => {
  const sorted = [...values].sort((a, b) => a - b);
  const round = (value: number | undefined): number => Number((value ?? 0).toPrecision(4));
  return {
    median: round(sorted[sorted.length >> 1]),
    min: round(sorted[0]),
    max: round(sorted.at(-1)),
  };
};

const echoes: Record<string, number[]> = { 'event-loop': [], thread: [], plain: [] };
const samples: Samples = { open: [], exec: [], stop: [] };
// Interleaved, so that what else the machine does meets all alike.
for (let round = 0; round < ROUNDS; round++) {
  for (const [mode, values] of Object.entries(echoes)) values.push(await echo(mode));
  await timeLab(samples);
  process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`);
}

const plain = {
  name: 'fs.read and fs.writeSync',
  version: process.version,
  ...measured(echoes['plain'] ?? []),
};
const echoRow = (id: string, mode: string, title: string): ResultRow => {
  const ours = { ...measured(echoes[mode] ?? []), rounds: ROUNDS };
  const ratio = Number((ours.median / plain.median).toPrecision(3));
  return { id, case: title, unit: 'packets/CPU-s', ours, peer: plain, ratio };
};
const labRow = (id: string, title: string, values: ReadonlyArray<number>): ResultRow => ({
  id,
  case: title,
  unit: 'ms',
  ours: { ...measured(values), rounds: ROUNDS },
  peer: null,
  ratio: null,
});
const results: Results = {
  package: '@liquid/netlab',
  date: new Date().toISOString(),
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  load: loadavg().map((value) => Number(value.toFixed(2))),
  command: 'pnpm bench netlab',
  measured: measuredOn(file('../../..'), 'netlab'),
  rows: [
    echoRow('tun-echo', 'event-loop', 'TUN echo of UDP, 36 to 1,035 bytes'),
    echoRow('tun-echo-thread', 'thread', 'the same, readiness by a thread'),
    labRow('lab-open', 'open: client, switch, server, one shaped', samples.open),
    labRow('lab-exec', 'exec `true` on a host', samples.exec),
    labRow('lab-stop', 'stop', samples.stop),
  ],
};
writeFileSync(file('results.json'), `${JSON.stringify(results, null, 2)}\n`);
for (const { case: title, unit, ours, ratio } of results.rows) {
  console.log(
    `${title}: ${ours.median} ${unit} (${ours.min} – ${ours.max})${ratio === null ? '' : `, ${ratio} × plain fs`}`,
  );
}
