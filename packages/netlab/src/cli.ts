#!/usr/bin/env node
/** The command `netlab`. */

import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';

const runCommandLine = async (): Promise<void> => {
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

  const { runCli } = await import('./internal/cli-commands.js');
  process.exitCode = await runCli(process.argv.slice(2), version, {
    stdout: process.stdout,
    stderr: process.stderr,
    readInput: () => text(process.stdin),
    signal: interrupt.signal,
  });
};

/** What a lab starts where the kernel has no netem; it needs none of the rest. */
const runRelay = async (): Promise<void> => {
  const { serveRelay } = await import('./internal/impair/relay.js');
  const served = await serveRelay();
  if (served._tag === 'Right') return;
  process.stderr.write(`${served.left.message}\n`);
  process.exit(1);
};

const isRelay = process.argv[2] === 'relay' && process.send !== undefined;
await (isRelay ? runRelay() : runCommandLine());
