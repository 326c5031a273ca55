/**
 * Runs the gates over the tree in the current folder: `node scripts/gates.ts [--fresh] [GATE…]`.
 *
 * A gate that was green on exactly these files is not run again, unless `--fresh` asks for it.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GATES } from './gates/all.ts';
import { contentHash, projectFiles } from './lib/files.ts';
import { writeGateReport } from './lib/reports.ts';

const root = process.cwd();
const args = process.argv.slice(2);
const fresh = args.includes('--fresh');
const names = args.filter((name) => !name.startsWith('--'));
const unknown = names.filter((name) => !GATES.some((gate) => gate.name === name));
if (unknown.length > 0) {
  process.stderr.write(
    `No gate is called ${unknown.join(', ')}; there are ${GATES.map(({ name }) => name).join(', ')}.\n`,
  );
  process.exit(2);
}

const cache = join(root, 'node_modules/.cache/liquid/gates');
const key = contentHash(root, projectFiles(root));
mkdirSync(cache, { recursive: true });

const results: { readonly name: string; readonly problems: readonly string[] }[] = [];
for (const gate of GATES.filter(({ name }) => names.length === 0 || names.includes(name))) {
  const stamp = join(cache, `${gate.name}-${key}`);
  if (!fresh && existsSync(stamp)) {
    process.stdout.write(`✓ ${gate.name} (unchanged)\n`);
    results.push({ name: gate.name, problems: [] });
    continue;
  }
  const started = performance.now();
  const problems = await gate.check(root).catch((error: unknown) => [String(error)]);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  results.push({ name: gate.name, problems });
  if (problems.length === 0) {
    writeFileSync(stamp, '');
    process.stdout.write(`✓ ${gate.name} (${seconds} s)\n`);
  } else {
    process.stdout.write(`✗ ${gate.name} (${seconds} s): ${gate.rule}\n\n`);
    for (const problem of problems) process.stdout.write(`${problem}\n`);
    process.stdout.write('\n');
  }
}
// Only the stamps of this state of the tree are worth keeping.
for (const name of readdirSync(cache)) {
  if (!name.endsWith(key)) rmSync(join(cache, name), { force: true });
}
writeGateReport(root, results);
process.exitCode = results.some(({ problems }) => problems.length > 0) ? 1 : 0;
