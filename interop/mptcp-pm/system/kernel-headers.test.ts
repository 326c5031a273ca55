/** The C compiler's word on the numbers of `mptcp_pm`: those of the headers of linux-libc-dev; prints how many there are. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ADDRESS_FLAG,
  EVENT_FLAG,
  MPTCP_ATTR,
  MPTCP_EVENT,
  MPTCP_PM,
  PM_ADDR_ATTR,
  PM_ATTR,
  PM_CMD,
} from '@liquid/mptcp-pm';
import { expect } from 'vitest';
import { systemTest } from './support/machine.ts';

/** Newer headers have the family in a file of its own, which the other includes. */
const HEADERS = ['linux/mptcp.h', 'linux/mptcp_pm.h'].filter((name) =>
  existsSync(`/usr/include/${name}`),
);

/** Our tables, and the prefix that each has in C. */
const TABLES: ReadonlyArray<readonly [string, Readonly<Record<string, number>>]> = [
  ['MPTCP_PM_CMD_', PM_CMD],
  ['MPTCP_PM_ATTR_', PM_ATTR],
  ['MPTCP_PM_ADDR_ATTR_', PM_ADDR_ATTR],
  ['MPTCP_PM_ADDR_FLAG_', ADDRESS_FLAG],
  ['MPTCP_PM_EV_FLAG_', EVENT_FLAG],
  ['MPTCP_EVENT_', MPTCP_EVENT],
  ['MPTCP_ATTR_', MPTCP_ATTR],
];

/** Names that count others, or stand for none. */
const BOOKKEEPING = /_(UNSPEC|MAX|AFTER_LAST|NAME)$/;

/** What a C program prints that includes the headers. */
const run = (body: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'liquid-headers-'));
  try {
    const includes = ['stdio.h', ...HEADERS].map((one) => `#include <${one}>`);
    const source = join(folder, 'main.c');
    writeFileSync(source, `${includes.join('\n')}\nint main(void) {\n${body}\nreturn 0; }\n`);
    execFileSync('cc', ['-w', '-o', join(folder, 'main'), source]);
    return execFileSync(join(folder, 'main')).toString();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

systemTest('our numbers of mptcp_pm are those that the compiler sees', async () => {
  if (HEADERS.length === 0) throw new Error('no linux/mptcp.h: install linux-libc-dev');
  const text = HEADERS.map((name) => readFileSync(`/usr/include/${name}`, 'utf8')).join('\n');
  const theirs = new Set(text.match(/\b[A-Z][A-Z0-9_]+\b/g));
  const ours = new Map<string, number>([
    ['MPTCP_PM_VER', MPTCP_PM.VERSION],
    ...TABLES.flatMap(([prefix, table]) =>
      Object.entries(table).map(([name, value]) => [`${prefix}${name}`, value] as const),
    ),
  ]);
  const compared = [...ours].filter(([name]) => theirs.has(name));
  const names = compared.map(([name]) => name);
  const numbers = names.map((name) => `printf("%lld\\n", (long long)(${name}));`);
  const texts = ['MPTCP_PM_NAME', 'MPTCP_PM_CMD_GRP_NAME', 'MPTCP_PM_EV_GRP_NAME'];
  const strings = texts.map((name) => `printf("%s\\n", ${name});`);
  const printed = run([...numbers, ...strings].join('\n'))
    .trim()
    .split('\n');
  expect(printed.splice(names.length)).toEqual([
    MPTCP_PM.NAME,
    MPTCP_PM.COMMANDS_GROUP,
    MPTCP_PM.EVENTS_GROUP,
  ]);
  expect(Object.fromEntries(names.map((name, i) => [name, Number(printed[i])]))).toEqual(
    Object.fromEntries(compared),
  );
  const newer = [...ours.keys()].filter((name) => !theirs.has(name));
  const absent = [...theirs].filter(
    (name) =>
      TABLES.some(([prefix]) => name.startsWith(prefix)) &&
      !BOOKKEEPING.test(name) &&
      !ours.has(name),
  );
  console.log(
    `mptcp_pm: ${names.length} numbers as in the headers; newer than they: ${newer.join(' ') || 'none'}; only there: ${absent.join(' ') || 'none'}`,
  );
  expect(names.length).toBeGreaterThan(50);
});
