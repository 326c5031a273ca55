/**
 * `pnpm prove mptcp-pm [proof …]`: the proofs that are made once per issue and before a release.
 *
 * `smart-paths [--repeats n] [--rates 5,2,20] [--together]`: the sweep over figures 4.5 and 4.6; writes
 * `bench/smart-paths.json`. `soak [--minutes 30] [--seed n]`: 200 connections and random faults; two
 * minutes show whether it runs at all, thirty whether it would for ever. As root.
 */

import { parseArgs } from 'node:util';
import { proveSmartPaths } from './smart-paths.ts';
import { proveSoak } from './soak.ts';

const USAGE =
  'pnpm prove mptcp-pm [smart-paths] [soak] [--repeats n] [--rates 5,2,20] [--together] [--minutes n] [--seed n]\n';

const parse = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        repeats: { type: 'string', default: '5' },
        rates: { type: 'string', default: '5,2,20' },
        together: { type: 'boolean', default: false },
        minutes: { type: 'string', default: '30' },
        seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      },
    });
  } catch (caught) {
    process.stderr.write(`${String(caught)}\n${USAGE}`);
    return process.exit(2);
  }
};

const { values, positionals } = parse();
const repeats = Number(values.repeats);
const rates = values.rates.split(',').map(Number);
const minutes = Number(values.minutes);
const seed = Number(values.seed);
const PROOFS = ['smart-paths', 'soak'];
const known = positionals.every((name) => PROOFS.includes(name));
const isWanted = (name: string): boolean => positionals.length === 0 || positionals.includes(name);
const sensible = repeats >= 1 && rates.every((rate) => rate >= 1 && rate <= 100);
if (!known || !sensible || !(minutes > 0) || !Number.isInteger(seed)) {
  process.stderr.write(USAGE);
  process.exit(2);
}
if (isWanted('smart-paths') && !(await proveSmartPaths(rates, repeats, values.together)))
  process.exitCode = 1;
if (isWanted('soak') && !(await proveSoak(minutes, seed))) process.exitCode = 1;
