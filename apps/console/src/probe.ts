/** This machine, as the probes of scenarios see it. */

import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { ProbeHost } from '@liquid/types/scenario';

/** Where Debian keeps commands of the administrator, which a user's PATH often lacks. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

const reachable = (path: string, mode: number): Promise<boolean> =>
  access(path, mode).then(
    () => true,
    () => false,
  );

/** Probes the real machine; never rejects. */
export const thisHost: ProbeHost = {
  platform: process.platform,
  isRoot: () => Promise.resolve(process.geteuid?.() === 0),
  hasCommand: (name) => async () => {
    const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_FOLDERS];
    const found = await Promise.all(
      folders
        .filter((folder) => folder !== '')
        .map((folder) => reachable(join(folder, name), constants.X_OK)),
    );
    return found.includes(true);
  },
  hasPath: (path) => () => reachable(path, constants.F_OK),
};
