/** Whether this process may make networks: its effective capabilities, and the platform. */

import { readFileSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import { type LiquidError, unsupported } from '@liquid/types';
import { notRoot } from './system-error.js';

const CAP_NET_ADMIN = 12n;
const CAP_SYS_ADMIN = 21n;

/** The effective capabilities as a bit set; 0 where the kernel doesn't tell. */
const effectiveCapabilities = (): bigint => {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    return BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  } catch {
    return 0n;
  }
};

/** Right, or why this process can't: the platform, or its rights. */
export const requirePrivileges = (what: string): E.Either<LiquidError, void> => {
  if (process.platform !== 'linux') {
    const remedy = 'Run it on Linux, for example in a virtual machine or container.';
    return E.left(unsupported({ what, expected: 'linux', actual: process.platform, remedy }));
  }
  const needed = (1n << CAP_NET_ADMIN) | (1n << CAP_SYS_ADMIN);
  return (effectiveCapabilities() & needed) === needed ? E.right(undefined) : E.left(notRoot(what));
};
