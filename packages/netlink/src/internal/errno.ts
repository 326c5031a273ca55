/** Error numbers and their names, as errno(3) has them. */

import { getSystemErrorName } from 'node:util';

/** Those that the code here looks for. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EIO: 5,
  EBADF: 9,
  EAGAIN: 11,
  EACCES: 13,
  EINVAL: 22,
  ENOSYS: 38,
  EPROTONOSUPPORT: 93,
  EOPNOTSUPP: 95,
  EAFNOSUPPORT: 97,
  ENOBUFS: 105,
} as const;

/** `EINVAL` for 22; `ERRNO_523` for what Node has no name for. */
export const nameOfErrno = (errno: number): string => {
  const name = getSystemErrorName(-errno);
  return /^E[A-Z0-9]+$/.test(name) ? name : `ERRNO_${errno}`;
};

/** The error number that an exception of Node's carries, EIO where it has none. */
export const errnoOf = (caught: unknown): number => {
  const { errno } = (caught ?? {}) as { readonly errno?: unknown };
  return typeof errno === 'number' && errno !== 0 ? Math.abs(errno) : ERRNO.EIO;
};
