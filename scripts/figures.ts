/**
 * `pnpm figures`: every results file, and whether its figures still hold for the code that is here.
 * `pnpm figures keep FILE "REASON"` says that a change of the code can't have moved them; the reason
 * stands in the file. It holds for exactly this code, until the next minor version.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeHash, type Kept, resultsFiles, staleness } from './lib/measured.ts';
import type { Results } from './lib/results.ts';
import { readManifest } from './lib/workspace.ts';

const root = process.cwd();
const [verb, file = '', because = ''] = process.argv.slice(2);

const read = (path: string): Results =>
  JSON.parse(readFileSync(join(root, path), 'utf8')) as Results;

const usage = (problem: string): never => {
  process.stderr.write(`${problem}\nusage: pnpm figures [keep FILE "REASON"]\n`);
  return process.exit(2);
};

if (verb === 'keep') {
  if (!existsSync(join(root, file))) usage(`There is no results file ${file}.`);
  if (because.length < 20) usage('The reason says in a sentence why no figure can have moved.');
  const results = read(file);
  const { measured } = results;
  const folder = `packages/${results.package.slice(results.package.indexOf('/') + 1)}`;
  const code = codeHash(root, measured.of);
  if (code === measured.code) {
    process.stdout.write(`${file} was measured on exactly this code.\n`);
  } else {
    const one: Kept = { code, version: readManifest(root, folder).version, because };
    const kept = [...(measured.kept ?? []).filter((other) => other.code !== code), one];
    const changed: Results = { ...results, measured: { ...measured, kept } };
    writeFileSync(join(root, file), `${JSON.stringify(changed, null, 2)}\n`);
    process.stdout.write(`${file} is kept for ${code}.\n`);
  }
} else if (verb !== undefined) {
  usage(`There is no \`pnpm figures ${verb}\`.`);
} else {
  for (const path of resultsFiles(root)) {
    const results = read(path);
    const stale = staleness(root, results);
    process.stdout.write(
      `${stale === null ? 'holds' : 'STALE'}  ${path}, ${results.date.slice(0, 10)}${stale === null ? '' : `: ${stale}`}\n`,
    );
  }
}
