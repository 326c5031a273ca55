/** The command lines of the pages and READMEs: run where they can, and known where they can't. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { projectFiles } from '../../scripts/lib/files.ts';
import { readerFolder } from './reader-folder.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const scripts = (
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  }
).scripts;

/** The `sh` blocks of a page, each as its commands without comments. */
const blocksOf = (text: string): readonly { readonly line: number; readonly lines: string[] }[] => {
  const blocks: { line: number; lines: string[] }[] = [];
  let open: { line: number; lines: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const info = /^\s*```(.*)$/.exec(line)?.[1]?.trim();
    if (info === undefined) open?.lines.push(line);
    else if (open !== undefined) {
      blocks.push(open);
      open = undefined;
    } else if (info === 'sh') open = { line: index + 1, lines: [] };
  }
  return blocks.map(({ line, lines }) => ({
    line,
    lines: lines.map((one) => one.replace(/\s+#.*$/, '').trim()).filter((one) => one !== ''),
  }));
};

/** Programs of ours that run unprivileged, by how a reader starts them. */
const RUNS: readonly (readonly [RegExp, string])[] = [
  [/^npx @liquid\/rohc /, 'packages/rohc/dist/cli.js'],
  // A recorded run needs neither the kernel nor its privileges; the rest does.
  [/^mptcp-pm (?=replay\b)/, 'packages/mptcp-pm/dist/cli.js'],
  [/^npm start (?:--silent )?-- (?=(?:list|run)\b)/, 'apps/console/dist/cli.js'],
];

/** What a page may tell a reader to type that does not run here: it installs, needs root, or never ends. */
const KNOWN: readonly RegExp[] = [
  /^(?:npm|pnpm) (?:install|i)\b/,
  /^apt-get install /,
  /^pnpm --filter \S+ /,
  /^npx netlab doctor$/,
  /^npx netlab (?:up|plan|sweep)\b/,
  /^sysctl -w net\.mptcp\.[a-z_]+=1(?: net\.mptcp\.[a-z_]+=1)*$/,
  /^npx mptcp-pm doctor$/,
  /^mptcp-pm (?:list|monitor|csf|dsf|ann|rem)\b/,
  /^mptcp-pm run (?:--policy \S+ ?|--config paths\.json ?|--record night\.ndjson ?)+$/,
  /^sudo npm start -- run [a-z-]+(?: --[a-z-]+(?: (?!-)\S+)?)*$/,
  /^\.ci\/run$/,
  /^node_modules\/\.bin\/node interop\/rohc\/captures\/record\.ts$/,
];

/** The scripts that a line names, so that a page can't name one that is gone. */
const scriptOf = (line: string): string | undefined =>
  /^(?:LIQUID_SYSTEM=1 )?(?:npm|pnpm) (?:run )?(?!install\b)([a-z:-]+)/.exec(line)?.[1];

const pages = projectFiles(root).filter(
  (path) => path.endsWith('.md') && /^docs\/|README\.md$|^CONTRIBUTING\.md$/.test(path),
);

describe.each(pages)('%s', (path) => {
  const blocks = blocksOf(readFileSync(join(root, path), 'utf8'));
  for (const { line, lines } of blocks) {
    for (const [index, command] of lines.entries()) {
      test(`line ${line + index + 1}: ${command}`, { timeout: 60_000 }, () => {
        const found = RUNS.find(([pattern]) => pattern.test(command));
        if (found === undefined) {
          if (KNOWN.some((pattern) => pattern.test(command))) return;
          const script = scriptOf(command);
          expect(script === undefined ? command : Object.keys(scripts)).toContain(script);
          return;
        }
        const [pattern, program] = found;
        const file = join(root, program);
        expect(existsSync(file), `${program} is built`).toBe(true);
        const args = command.replace(pattern, '').split(/\s+/);
        const { status, stderr } = spawnSync(process.execPath, [file, ...args], {
          cwd: readerFolder,
          encoding: 'utf8',
          // what it prints is for the reader, and may be long
          stdio: ['ignore', 'ignore', 'pipe'],
          timeout: 50_000,
        });
        expect(status, stderr.slice(-2000)).toBe(0);
      });
    }
  }
});
