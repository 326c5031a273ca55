/** The gate of the code blocks: each is of a kind that something compiles, runs or reads. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFiles } from '../lib/files.ts';
import type { Gate } from './gate.ts';

/**
 * What becomes of each kind: `ts` is compiled and run (`ts no-run` only compiled), by
 * `scripts/config/examples.ts`; `sh` is run or known, by `docs/test/commands.test.ts`; `json` is parsed
 * here; `text` is no code.
 */
const KINDS: ReadonlySet<string> = new Set(['ts', 'ts no-run', 'sh', 'json', 'text']);

const problemsOf = (path: string, text: string): readonly string[] => {
  const problems: string[] = [];
  let open: { readonly line: number; readonly kind: string; readonly code: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^\s*```(.*)$/.exec(line)?.[1]?.trim();
    if (fence === undefined) open?.code.push(line);
    else if (open === undefined) {
      open = { line: index + 1, kind: fence, code: [] };
      if (!KINDS.has(fence)) {
        problems.push(
          `${path}:${index + 1}: a block of "${fence}" is compiled, run and read by nothing; there are ` +
            [...KINDS].join(', '),
        );
      }
    } else {
      if (open.kind === 'json') {
        try {
          JSON.parse(open.code.join('\n'));
        } catch (error) {
          problems.push(`${path}:${open.line}: the block is no JSON: ${String(error)}`);
        }
      }
      open = undefined;
    }
  }
  if (open !== undefined) problems.push(`${path}:${open.line}: the block does not end`);
  return problems;
};

export const examples: Gate = {
  name: 'examples',
  rule: 'Every code block is of a kind that a test compiles, runs or reads.',
  check: (root) =>
    Promise.resolve(
      projectFiles(root)
        .filter((path) => path.endsWith('.md') && !path.startsWith('.changeset/'))
        .flatMap((path) => problemsOf(path, readFileSync(join(root, path), 'utf8'))),
    ),
};
