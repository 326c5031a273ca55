/** `pnpm prove rohc`: every proof that is too long for a test run, one after the other. */
import { proveBigCapture } from './big-capture.ts';

const proofs = [{ name: 'a capture of 3 GB in 200 MB of memory', prove: () => proveBigCapture(3) }];

for (const { name, prove } of proofs) {
  console.log(`# ${name}`);
  if (!(await prove())) process.exitCode = 1;
}
