/** Which kernel runs: older ones tell less, and tests then expect no more. */

import { release } from 'node:os';

const [major = 0, minor = 0] = release().split('.').map(Number);

/** Whether the running Linux is of this version or a later one. */
export const isKernel = (atLeastMajor: number, atLeastMinor: number): boolean =>
  major > atLeastMajor || (major === atLeastMajor && minor >= atLeastMinor);
