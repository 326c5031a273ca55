#!/usr/bin/env node
/** The console's process: signals, closed pipes and the exit code. */

import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';
import { renderError } from '@liquid/types';
import { createOutput } from './output.js';
import { thisHost } from './probe.js';
import { main } from './program.js';
import { EXIT } from './run.js';
import { styleOf } from './terminal.js';

/** The descriptor of standard input. */
const STDIN = 0;

const controller = new AbortController();

const output = createOutput(process.stdout, process.stderr, () => {
  // Nobody reads the result: going on would be work for nothing.
  controller.abort();
});

/**
 * One Ctrl-C arrives more than once: from the terminal, and forwarded by whoever started us. Only one
 * that comes later than this is a second wish.
 */
const SAME_WISH_MS = 500;

// Also where the process ends by surprise: what was told last says why.
process.on('exit', output.flushNow);

let stoppedAt = Number.POSITIVE_INFINITY;

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    // Asked again, it does not wait for the run to clean up.
    if (performance.now() - stoppedAt > SAME_WISH_MS) process.exit(EXIT.interrupted);
    stoppedAt = Math.min(stoppedAt, performance.now());
    controller.abort();
  });
}

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { readonly version: string };

const around = {
  output,
  signal: controller.signal,
  host: thisHost,
  style: styleOf(process.stdout),
  watched: process.stderr.isTTY === true,
  stdin: { stream: () => process.stdin, typed: isatty(STDIN) },
  self: [process.execPath, fileURLToPath(import.meta.url)] as const,
  page: fileURLToPath(new URL('./page', import.meta.url)),
  version,
};

const finish = async (code: number): Promise<never> => {
  await output.flush();
  if (output.lost()) {
    output.note('error: standard output was closed by its reader');
    process.exit(EXIT.failed);
  }
  process.exit(code);
};

main(process.argv.slice(2), around).then(finish, async (bug: unknown) => {
  output.note(`bug: ${renderError(bug)}`);
  await finish(EXIT.failed);
});
