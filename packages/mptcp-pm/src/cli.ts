#!/usr/bin/env node
/** The command `mptcp-pm`. */

import { readFileSync } from 'node:fs';
import { runCli } from './cli/program.js';

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { readonly version: string };

const interrupt = new AbortController();
// once: who insists gets the system's own answer
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(name, () => interrupt.abort());
}
// A reader that has seen enough, as `head`, is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  interrupt.abort();
});

process.exitCode = await runCli(process.argv.slice(2), version, {
  stdout: process.stdout,
  stderr: process.stderr,
  interrupted: interrupt.signal,
});
