/**
 * `pnpm prove mptcp-pm [proof …]`: the proofs that are made once per issue and before a release.
 *
 * `smart-paths [--repeats n] [--rates 5,2,20]`: the sweep over figures 4.5 and 4.6; writes
 * `bench/smart-paths.json`. As root.
 */

import { parseArgs } from 'node:util';
import { proveSmartPaths } from './smart-paths.ts';

const USAGE = 'pnpm prove mptcp-pm [smart-paths] [--repeats n] [--rates 5,2,20]\n';

const parse = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        repeats: { type: 'string', default: '5' },
        rates: { type: 'string', default: '5,2,20' },
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
const known = positionals.every((name) => name === 'smart-paths');
if (!known || !(repeats >= 1) || !rates.every((rate) => rate >= 1 && rate <= 100)) {
  process.stderr.write(USAGE);
  process.exit(2);
}
if (!(await proveSmartPaths(rates, repeats))) process.exitCode = 1;
