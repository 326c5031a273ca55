/** `pnpm bench rohc`: packets per CPU-second, growth of the heap and, as root, the tunnel; writes `results.json`. */

import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { measuredOn } from '../../../scripts/lib/measured.ts';
import { type Results, type ResultRow, resultsProblems } from '../../../scripts/lib/results.ts';
import { ACK_CAPTURES, type AckCapture, type Packets } from '../captures/packets.ts';
import { compressAll, decompressAll, loadStream, type Pass, packetsPerCpuSecond } from './acks.ts';
import { canMeasureHeap, heapGrowth } from './heap.ts';
import { tunnelGoodput } from './tunnel.ts';

/** Rounds of every case; each round takes each case once, so that what else the machine does meets all alike. */
const ROUNDS = 15;
/** Packets of a case in a round: about a fifth of a second. */
const PACKETS = 400_000;
const HEAP_ROUNDS = 3;
const HEAP_PACKETS = 10_000_000;
const TUNNEL_SLICES = 15;

const TITLES: Record<AckCapture, string> = {
  nots: 'ACKs of one flow',
  ts: 'ACKs of one flow, timestamps',
  loss: 'ACKs of four flows, timestamps, loss, SACK',
};

const measured = (values: ReadonlyArray<number>, digits = 4) => {
  const sorted = [...values].sort((a, b) => a - b);
  const round = (value: number | undefined): number => Number((value ?? 0).toPrecision(digits));
  return {
    median: round(sorted[sorted.length >> 1]),
    min: round(sorted[0]),
    max: round(sorted.at(-1)),
  };
};

const load = loadavg().map((value) => Number(value.toFixed(2)));
const names = Object.keys(ACK_CAPTURES) as AckCapture[];
const streams = [];
for (const name of names) streams.push(await loadStream(name));

const cases = streams.flatMap(({ name, packets, compressed }) =>
  (
    [
      ['compress', compressAll, packets],
      ['decompress', decompressAll, compressed],
    ] as const satisfies ReadonlyArray<readonly [string, Pass, Packets]>
  ).map(([verb, pass, input]) => ({
    id: `${verb}-acks-${name}`,
    title: `${verb}: ${TITLES[name]}`,
    pass,
    input,
    values: [] as number[],
  })),
);
// Compiled before they are measured.
for (const { pass, input } of cases) packetsPerCpuSecond(pass, input, PACKETS);
for (let round = 1; round <= ROUNDS; round++) {
  for (const { pass, input, values } of cases) {
    values.push(packetsPerCpuSecond(pass, input, PACKETS));
  }
  process.stderr.write(`round ${round} of ${ROUNDS}\r`);
}

const rows: ResultRow[] = cases.map(({ id, title, values }) => ({
  id,
  case: title,
  unit: 'packets/CPU-s',
  ours: { ...measured(values), rounds: ROUNDS },
  peer: null,
  ratio: null,
}));

if (canMeasureHeap) {
  const growth: number[] = [];
  for (let round = 1; round <= HEAP_ROUNDS; round++) {
    growth.push(heapGrowth(streams, HEAP_PACKETS));
    process.stderr.write(`heap: round ${round} of ${HEAP_ROUNDS}\r`);
  }
  rows.push({
    id: 'heap-growth-10e7-packets',
    case: 'heap growth over 10^7 packets, compressed and decompressed',
    unit: 'bytes',
    ours: { ...measured(growth, 8), rounds: HEAP_ROUNDS },
    peer: null,
    ratio: null,
  });
} else process.stderr.write('The heap is measured with `node --expose-gc`.\n');

if (process.getuid?.() === 0) {
  const { rohc, none } = await tunnelGoodput(TUNNEL_SLICES);
  const ours = { ...measured(rohc), rounds: rohc.length };
  const peer = {
    name: 'the same tunnel without compression',
    version: process.version,
    ...measured(none),
  };
  rows.push({
    id: 'tunnel-goodput',
    case: 'kernel TCP through TUN and UDP between two namespaces, no link limit',
    unit: 'Mbit/s',
    ours,
    peer,
    ratio: Number((ours.median / peer.median).toPrecision(3)),
  });
} else process.stderr.write('The tunnel is measured as root.\n');

const results: Results = {
  package: '@liquid/rohc',
  date: new Date().toISOString(),
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  load,
  command: 'pnpm bench rohc',
  measured: measuredOn(fileURLToPath(new URL('../../..', import.meta.url)), 'rohc'),
  rows,
};
const problems = resultsProblems('rohc', results);
if (problems.length > 0) throw new Error(`bug: ${problems.join('; ')}`);
writeFileSync(
  fileURLToPath(new URL('results.json', import.meta.url)),
  `${JSON.stringify(results, null, 2)}\n`,
);
for (const { name, file, packets } of streams) {
  console.log(`${name}: ${packets.count} packets of ${file.slice(file.lastIndexOf('/') + 1)}`);
}
console.log(`load average before: ${load.join(' ')}`);
for (const { id, unit, ours, ratio } of rows) {
  const text = `${ours.median.toLocaleString('en-US')} ${unit} (${ours.min.toLocaleString('en-US')} – ${ours.max.toLocaleString('en-US')})`;
  console.log(`${id}: ${text}${ratio === null ? '' : `, ${ratio} × without compression`}`);
}
