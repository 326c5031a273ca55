#!/usr/bin/env node
/** The command `netlab`. */

import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { runCli } from './internal/cli-commands.js';

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { readonly version: string };

const interrupt = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => interrupt.abort());
}
// A reader that has seen enough, as `head`, is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await runCli(process.argv.slice(2), version, {
  stdout: process.stdout,
  stderr: process.stderr,
  readInput: () => text(process.stdin),
  signal: interrupt.signal,
});
