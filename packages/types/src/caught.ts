/** Exceptions and rejections of foreign code, turned into base errors at the border. */

import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';

import {
  aborted,
  closed,
  conflict,
  io,
  isTagged,
  limitExceeded,
  type LiquidError,
  isLiquidError,
  notFound,
  permission,
  type Tagged,
  timeout,
  unsupported,
} from './errors.js';
import { abbreviate, safeText } from './internal/text.js';

/** Which base tag a symbolic error name stands for; names not listed are `Io`. */
const TAG_OF_CODE: { readonly [code: string]: LiquidError['_tag'] } = {
  ENOENT: 'NotFound',
  ENXIO: 'NotFound',
  ENODEV: 'NotFound',
  ESRCH: 'NotFound',
  ENOTFOUND: 'NotFound',
  EADDRNOTAVAIL: 'NotFound',
  EACCES: 'Permission',
  EPERM: 'Permission',
  EROFS: 'Permission',
  EEXIST: 'Conflict',
  EADDRINUSE: 'Conflict',
  EBUSY: 'Conflict',
  ETXTBSY: 'Conflict',
  ENOTEMPTY: 'Conflict',
  EISCONN: 'Conflict',
  EDEADLK: 'Conflict',
  ETIMEDOUT: 'Timeout',
  ERR_SOCKET_CONNECTION_TIMEOUT: 'Timeout',
  ABORT_ERR: 'Aborted',
  ECANCELED: 'Aborted',
  EPIPE: 'Closed',
  ECONNRESET: 'Closed',
  ECONNABORTED: 'Closed',
  ENOTCONN: 'Closed',
  ESHUTDOWN: 'Closed',
  EBADF: 'Closed',
  ERR_STREAM_DESTROYED: 'Closed',
  ERR_STREAM_PREMATURE_CLOSE: 'Closed',
  ERR_STREAM_WRITE_AFTER_END: 'Closed',
  ERR_SOCKET_CLOSED: 'Closed',
  ERR_SERVER_NOT_RUNNING: 'Closed',
  ENOSYS: 'Unsupported',
  ENOTSUP: 'Unsupported',
  EOPNOTSUPP: 'Unsupported',
  EPROTONOSUPPORT: 'Unsupported',
  EAFNOSUPPORT: 'Unsupported',
  EPFNOSUPPORT: 'Unsupported',
  ENOPROTOOPT: 'Unsupported',
  ENOSPC: 'LimitExceeded',
  EDQUOT: 'LimitExceeded',
  EFBIG: 'LimitExceeded',
  EMFILE: 'LimitExceeded',
  ENFILE: 'LimitExceeded',
  ENOMEM: 'LimitExceeded',
  ENOBUFS: 'LimitExceeded',
  EMSGSIZE: 'LimitExceeded',
  ENAMETOOLONG: 'LimitExceeded',
  E2BIG: 'LimitExceeded',
  ERR_OUT_OF_RANGE: 'LimitExceeded',
};

/** In words, what the system ran out of: the bound that a `LimitExceeded` from the system names. */
const LIMIT_OF_CODE: { readonly [code: string]: string } = {
  ENOSPC: 'free space on the device',
  EDQUOT: 'the disk quota',
  EFBIG: 'the largest file size',
  EMFILE: 'open files of the process',
  ENFILE: 'open files of the system',
  ENOMEM: 'memory',
  ENOBUFS: 'kernel buffers',
  EMSGSIZE: 'the message size',
  ENAMETOOLONG: 'the name length',
  E2BIG: 'the argument size',
};

/** Foreign causes are followed this far. */
const MAX_CAUSES = 4;

type Fields = { readonly [key: string]: unknown };

const read = (value: unknown, key: string): unknown => {
  try {
    return typeof value === 'object' && value !== null ? (value as Fields)[key] : undefined;
  } catch {
    return undefined;
  }
};

const readText = (value: unknown, key: string): string | undefined => {
  const field = read(value, key);
  return typeof field === 'string' && field !== '' ? safeText(field, 300) : undefined;
};

/** The file or the address that the system call was about, as Node attaches them. */
const placeOf = (value: unknown): string | undefined => {
  const path = readText(value, 'path');
  if (path !== undefined) return path;
  const address = readText(value, 'address');
  const port = read(value, 'port');
  if (address === undefined) return readText(value, 'hostname');
  if (typeof port !== 'number') return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
};

const causeOf = (value: unknown, depth: number): Tagged | undefined => {
  if (depth >= MAX_CAUSES) return undefined;
  const errors = read(value, 'errors');
  const cause = read(value, 'cause') ?? (Array.isArray(errors) ? errors[0] : undefined);
  return cause === undefined || cause === null ? undefined : convert(cause, undefined, depth + 1);
};

const convert = (value: unknown, what: string | undefined, depth: number): Tagged => {
  if (isTagged(value)) return value;
  const code = readText(value, 'code');
  const rawErrno = read(value, 'errno');
  const errno =
    typeof rawErrno === 'number' && Number.isSafeInteger(rawErrno) ? Math.abs(rawErrno) : undefined;
  const name = readText(value, 'name');
  const tag =
    name === 'AbortError'
      ? 'Aborted'
      : name === 'TimeoutError'
        ? 'Timeout'
        : code !== undefined && Object.hasOwn(TAG_OF_CODE, code)
          ? TAG_OF_CODE[code]
          : 'Io';
  const path = placeOf(value);
  const said =
    readText(value, 'message') ??
    (typeof value === 'string' ? safeText(value, 300) : abbreviate(value));
  const common = {
    what: what ?? readText(value, 'syscall'),
    errno,
    code,
    cause: causeOf(value, depth),
  };
  switch (tag) {
    case 'NotFound':
      return notFound({ ...common, path: path ?? '' });
    case 'Permission':
      return permission({ ...common, path });
    case 'Conflict':
      return conflict({ ...common, path });
    case 'Timeout':
      return timeout({ ...common, path });
    case 'Aborted':
      return aborted({ what: common.what, code, cause: common.cause });
    case 'Closed':
      return closed({ ...common, path });
    case 'Unsupported':
      return unsupported({ ...common, path, actual: code });
    case 'LimitExceeded': {
      const bound = LIMIT_OF_CODE[code ?? ''] ?? 'the limit';
      const place = path === undefined ? '' : ` ${path}`;
      const message = `${common.what ?? 'operation'}${place} passes ${bound} (${code})`;
      return limitExceeded({ ...common, path, expected: bound, actual: 'more', message });
    }
    default:
      return io({
        ...common,
        path,
        message: what === undefined ? said : `${what} failed: ${said}`,
      });
  }
};

/**
 * Converts whatever a `catch` or a rejected promise gave into a base error. Symbolic codes of Node
 * and errno(3) choose the tag (`ENOENT` → `NotFound`, `EACCES` → `Permission`, `EADDRINUSE` →
 * `Conflict`, `ECONNRESET` → `Closed`, …); what has no such code becomes `Io`. `errno` is made
 * positive, `path` is the file or the address. A base error passes through unchanged; a package's
 * own tagged error becomes the cause of an `Io`. Never throws.
 *
 * @param what - the subject of the sentence, as in `opening capture`
 * @example
 * ```ts
 * import { fromUnknown } from '@liquid/types'
 *
 * const caught = Object.assign(new Error('listen'), { code: 'EADDRINUSE', errno: -98, address: '::1', port: 80 })
 * console.log(fromUnknown('listening')(caught).message)
 * // listening [::1]:80 is in conflict (EADDRINUSE)
 * ```
 * @since 0.1.0
 */
export const fromUnknown =
  (what?: string) =>
  (caught: unknown): LiquidError => {
    try {
      const error = convert(caught, what, 0);
      return isLiquidError(error) ? error : io({ what, message: error.message, cause: error });
    } catch {
      return io({ what, message: `${what ?? 'operation'} failed: unreadable value` });
    }
  };

/**
 * Runs foreign synchronous code that may throw.
 *
 * @example
 * ```ts
 * import { attempt } from '@liquid/types'
 *
 * console.log(attempt('parsing', () => JSON.parse('[1]'))) // { _tag: 'Right', right: [ 1 ] }
 * ```
 * @since 0.1.0
 */
export const attempt = <A>(what: string, run: () => A): E.Either<LiquidError, A> =>
  E.tryCatch(run, fromUnknown(what));

/**
 * Runs foreign asynchronous code that may throw or reject.
 *
 * @example
 * ```ts
 * import * as E from 'fp-ts/lib/Either.js'
 * import { attemptTask } from '@liquid/types'
 *
 * const result = await attemptTask('fetching', () => Promise.reject(new Error('no route')))()
 * console.log(E.isLeft(result) && result.left.message) // fetching failed: no route
 * ```
 * @since 0.1.0
 */
export const attemptTask =
  <A>(what: string, run: () => Promise<A>): TaskEither<LiquidError, A> =>
  async () => {
    try {
      return E.right(await run());
    } catch (caught) {
      return E.left(fromUnknown(what)(caught));
    }
  };
