/** The caller's right to stop something: what we need of the platform's AbortSignal. */

import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';

import { aborted, type Aborted, isTagged, type Tagged } from './errors.js';
import { abbreviate } from './internal/text.js';

/**
 * The members of an AbortSignal that this house uses, for programs compiled without DOM or Node
 * types.
 *
 * @since 0.1.0
 */
export interface MinimalAbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  /** Adds a listener. */
  readonly addEventListener: (type: 'abort', listener: () => void) => void;
  /** Takes a listener off. */
  readonly removeEventListener: (type: 'abort', listener: () => void) => void;
}

/**
 * The platform's own `AbortSignal` type where the program that imports this has one (from DOM or Node
 * types), {@link MinimalAbortSignal} otherwise. So a signal handed out here fits `fetch` and
 * `child_process`, and this package needs neither type library.
 *
 * @since 0.1.0
 */
export type AbortSignalLike = typeof globalThis extends {
  readonly AbortSignal: { readonly prototype: infer Signal };
}
  ? Signal
  : MinimalAbortSignal;

/** The parts used here, whichever type the platform has. */
const minimal = (signal: AbortSignalLike): MinimalAbortSignal =>
  signal as unknown as MinimalAbortSignal;

/**
 * The `Aborted` error of a signal that has fired, with its reason as text and, when the reason is an
 * error of ours, as cause.
 *
 * @param what - the subject of the sentence, as in `download`
 * @example
 * ```ts
 * import { abortedBy } from '@liquid/types'
 *
 * console.log(abortedBy('download', AbortSignal.abort('enough')).message)
 * // download was aborted: "enough"
 * ```
 * @since 0.1.0
 */
export const abortedBy = (what: string, signal: AbortSignalLike): Aborted => {
  const { reason } = minimal(signal);
  // The platform's default reason says no more than the tag does.
  const name = (reason as { readonly name?: unknown } | null | undefined)?.name;
  const said = reason === undefined || name === 'AbortError' ? undefined : abbreviate(reason);
  const cause: Tagged | undefined = isTagged(reason) ? reason : undefined;
  return aborted({ what, actual: cause === undefined ? said : undefined, cause });
};

/**
 * Left `Aborted` when the signal has fired: the check at the top of a loop.
 *
 * @example
 * ```ts
 * import { checkAborted } from '@liquid/types'
 *
 * console.log(checkAborted('copy', new AbortController().signal)) // { _tag: 'Right', right: undefined }
 * ```
 * @since 0.1.0
 */
export const checkAborted = (
  what: string,
  signal: AbortSignalLike | undefined,
): E.Either<Aborted, void> =>
  signal !== undefined && minimal(signal).aborted
    ? E.left(abortedBy(what, signal))
    : E.right(undefined);

/**
 * Calls back once when the signal fires, at once when it has. Returns the function that takes the
 * callback off again; call it when the work is done, or a long-lived signal collects listeners.
 *
 * @example
 * ```ts
 * import { onAbort } from '@liquid/types'
 *
 * const controller = new AbortController()
 * const off = onAbort(controller.signal, () => console.log('stopping'))
 * controller.abort() // prints: stopping
 * off()
 * ```
 * @since 0.1.0
 */
export const onAbort = (
  signal: AbortSignalLike | undefined,
  callback: () => void,
): (() => void) => {
  if (signal === undefined) return () => undefined;
  const source = minimal(signal);
  if (source.aborted) {
    callback();
    return () => undefined;
  }
  const listener = (): void => {
    source.removeEventListener('abort', listener);
    callback();
  };
  source.addEventListener('abort', listener);
  return () => source.removeEventListener('abort', listener);
};

/**
 * Stops waiting for a task when the signal fires: the result is then Left `Aborted`. The task itself
 * goes on unless it watches the signal too; its late result is dropped.
 *
 * @example
 * ```ts
 * import * as TE from 'fp-ts/lib/TaskEither.js'
 * import { abortable } from '@liquid/types'
 *
 * const never = () => new Promise<never>(() => undefined)
 * const result = await abortable('waiting', AbortSignal.abort())(never)()
 * console.log(result._tag) // Left
 * ```
 * @since 0.1.0
 */
export const abortable =
  (what: string, signal: AbortSignalLike | undefined) =>
  <E1, A>(task: TaskEither<E1, A>): TaskEither<E1 | Aborted, A> =>
  () =>
    new Promise<E.Either<E1 | Aborted, A>>((resolve, reject) => {
      if (signal !== undefined && minimal(signal).aborted) {
        resolve(E.left(abortedBy(what, signal)));
        return;
      }
      const off = onAbort(signal, () => {
        if (signal !== undefined) resolve(E.left(abortedBy(what, signal)));
      });
      task().then(
        (result) => {
          off();
          resolve(result);
        },
        (bug: unknown) => {
          off();
          reject(bug);
        },
      );
    });
