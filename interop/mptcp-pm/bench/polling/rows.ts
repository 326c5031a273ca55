/** The polling benchmark's rounds and rows. */

import { execFileSync } from 'node:child_process';
import type { ResultRow } from '../../../../scripts/lib/results.ts';
import { figuresOf, peerRow } from '../support.ts';
import { measurePolling } from './measure.ts';

const SIZES = [2, 2000];

/** As in `6.1.0`, from `ss utility, iproute2-6.1.0, libbpf 1.1.0`. */
const ssVersion = (): string => {
  const said = execFileSync('ss', ['-V'], { encoding: 'utf8' });
  return /iproute2-([\d.]+)/.exec(said)?.[1] ?? said.trim();
};

export const pollingRows = async (rounds: number): Promise<ResultRow[]> => {
  const shares = SIZES.map((size) => ({ size, ours: [] as number[], ss: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    for (const one of shares) {
      const { ours, ss } = await measurePolling(one.size);
      one.ours.push(ours);
      one.ss.push(ss);
      process.stderr.write(
        `${round + 1}/${rounds} polling ${one.size}: ours ${ours.toFixed(2)} %, ss ${ss.toFixed(2)} %\n`,
      );
    }
  }
  const peer = { name: 'ss -tni, called as often', version: ssVersion() };
  return shares.map(({ size, ours, ss }) =>
    peerRow({
      id: `polling-${size}`,
      title: `polling ${size.toLocaleString('en-US')} subflows every 300 ms`,
      unit: '% of a core',
      ours: figuresOf(ours),
      peer,
      theirs: figuresOf(ss),
      better: 'less',
    }),
  );
};
