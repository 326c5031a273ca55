/**
 * `pnpm prove netlink --guest [suite …]`: the tests of netlink and of what stands on it, on Debian's
 * kernel in a QEMU guest; the last line is the sum.
 *
 * A suite is a workspace or the beginning of its files' paths, as `interop/netlab/system/tun`.
 * `--record <folder>` runs no suite but writes down what that kernel says, for fixtures.
 * `--minutes <n>` is how long the guest may take (60). `LIQUID_CASES` is the number of cases of the
 * fuzz tests (1000: the processor is emulated). It needs no root.
 */

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { boot } from './guest/boot.ts';
import { bringKernel, Missing, requireQemu } from './guest/packages.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');
const SUITE_RUNNER = 'interop/netlink/prove/guest/suites.ts';
const RECORDER = 'interop/mptcp-pm/recordings/record.ts';

/** In the order of what builds on what: the codecs first. Examples are type-checked elsewhere. */
const SUITES = [
  'packages/netlink/test',
  'packages/mptcp-pm/test',
  'interop/netlink/system',
  'interop/netlab/system',
  'interop/mptcp-pm/system',
];

const leave = (message: string, code: number): never => {
  process.stderr.write(`${message}\n`);
  process.exit(code);
};

const parse = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        guest: { type: 'boolean' },
        record: { type: 'string' },
        minutes: { type: 'string', default: '60' },
      },
    });
  } catch (caught) {
    return leave(String(caught), 2);
  }
};

const { values, positionals } = parse();
const minutes = Number(values.minutes);
if (values.guest !== true || !(minutes > 0)) {
  leave('pnpm prove netlink --guest [--record folder] [--minutes n] [suite …]', 2);
}
const chosen = positionals.length > 0 ? positionals : SUITES;
const record = values.record === undefined ? undefined : resolve(root, values.record);

let sum: string | undefined;

/** What the chosen suites import of other workspaces. */
const build = (): void => {
  const wanted = record === undefined ? chosen : [RECORDER];
  const folders = new Set(wanted.map((path) => path.split('/').slice(0, 2).join('/')));
  const done = spawnSync(
    join(root, 'node_modules/.bin/turbo'),
    [
      ...['run', 'build', '--concurrency=2', '--output-logs=errors-only'],
      ...[...folders].map((folder) => `--filter=./${folder}^...`),
    ],
    { cwd: root, stdio: ['ignore', 2, 2] },
  );
  if (done.status !== 0) leave('The build failed.', 1);
};

try {
  requireQemu();
  build();
  const kernel = bringKernel(join(root, 'node_modules/.cache/liquid/guest'));
  process.stdout.write(`Booting Linux ${kernel.release} …\n`);
  const data = process.env['LIQUID_TEST_DATA'];
  const outcome = await boot({
    kernel,
    cwd: root,
    command: [
      process.execPath,
      ...(record === undefined
        ? [join(root, SUITE_RUNNER), ...chosen]
        : [join(root, RECORDER), '/run/guest/recorded']),
    ],
    env: {
      NODE: process.execPath,
      NO_COLOR: '1',
      LIQUID_CASES: process.env['LIQUID_CASES'] ?? '1000',
      ...(data === undefined ? {} : { LIQUID_TEST_DATA: data }),
    },
    minutes,
    memoryMegabytes: 4096,
    collect: (share) => {
      // The guest's kernel has the last word on the line; the sum is to be ours.
      if (existsSync(join(share, 'sum'))) sum = readFileSync(join(share, 'sum'), 'utf8');
      if (record !== undefined) cpSync(join(share, 'recorded'), record, { recursive: true });
    },
  });
  if (typeof outcome === 'string') leave(`The guest has no result: ${outcome}.`, 1);
  else process.exitCode = outcome;
  if (sum !== undefined) process.stdout.write(`\nOn Linux ${kernel.release}:\n${sum}\n`);
} catch (caught) {
  if (!(caught instanceof Missing)) throw caught;
  leave(caught.message, 1);
}
