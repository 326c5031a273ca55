/**
 * `pnpm prove rohc [part …]`: the long proofs, all of them or those named; the last line is the sum.
 *
 * `LIQUID_CASES` is the number of fuzz cases at each door (10^6), `LIQUID_SEED` their seed (1).
 */

import { proveBigCapture } from './big-capture.ts';
import { proveFuzz } from './fuzz.ts';
import { proveLoss } from './loss.ts';
import type { Verdict } from './report.ts';
import { proveSizes } from './sizes.ts';

const cases = Number(process.env['LIQUID_CASES'] ?? 1_000_000);
const seed = Number(process.env['LIQUID_SEED'] ?? 1);

/** Seeds of the loss sweeps, about ten million packets in all. */
const LOSS_SEEDS = 15;

/** Size of the capture that is to go through a small memory. */
const GIGABYTES = 3;

const PARTS: Readonly<Record<string, () => Promise<Verdict>>> = {
  sizes: proveSizes,
  loss: () => proveLoss(LOSS_SEEDS),
  fuzz: () => proveFuzz(cases, seed),
  'big-capture': async () => {
    const good = await proveBigCapture(GIGABYTES);
    return { good, summary: `big-capture: ${GIGABYTES} GB through the command line in 200 MB` };
  },
};

const named = process.argv.slice(2);
const unknown = named.filter((name) => PARTS[name] === undefined);
if (unknown.length > 0) {
  process.stderr.write(
    `No proof ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}.\n`,
  );
  process.exit(2);
}
const verdicts: Verdict[] = [];
for (const [name, prove] of Object.entries(PARTS)) {
  if (named.length > 0 && !named.includes(name)) continue;
  try {
    verdicts.push(await prove());
  } catch (caught) {
    verdicts.push({ good: false, summary: `${name}: ${String(caught)}` });
  }
}
for (const { good, summary } of verdicts) console.log(`${good ? 'ok    ' : 'FAILED'} ${summary}`);
const failed = verdicts.filter(({ good }) => !good).length;
console.log(`${verdicts.length - failed} proofs hold, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
