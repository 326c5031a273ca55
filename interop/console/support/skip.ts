/** When a test of this workspace runs: only where it is asked for, and then its parts must be there. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The project's root. */
export const root = join(import.meta.dirname, '../../..');

/** Whether tests that need Debian's packages or root are asked for. */
export const asked = process.env['LIQUID_SYSTEM'] === '1';

/** Why they are skipped otherwise. */
export const REASON = 'needs Debian’s chromium: run with LIQUID_SYSTEM=1';

/** Throws where a part is missing that somebody has to build or install; `remedy` is the command. */
export const must = (path: string, remedy: string): string => {
  if (!existsSync(path)) throw new Error(`${path} is missing: ${remedy}`);
  return path;
};

/** How long `expect.poll` waits for what must come soon, on a machine that has other things to do. */
export const SOON = { timeout: 20_000 } as const;
