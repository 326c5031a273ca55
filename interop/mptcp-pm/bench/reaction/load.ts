/** What the connections do that managers react to. */

/**
 * - `request`: the first bytes follow the connection after 2 ms, as the acknowledgement that
 *   establishes it follows its creation after a round trip; the server answers, so that both
 *   applications run while the manager reacts.
 * - `at-once`: the same without the 2 ms: client and server are the same machine, and the kernel says
 *   that the connection was created and that it is established within a quarter of a millisecond.
 * - `quiet`: the connection rests before and after its first byte, and the server does not read:
 *   nothing else wants the processors.
 */
export type Load = 'request' | 'at-once' | 'quiet';

export const LOADS: ReadonlyArray<Load> = ['request', 'at-once', 'quiet'];

/** Milliseconds from the connection to its first byte. */
export const PAUSE_MS: Readonly<Record<Load, number>> = { request: 2, 'at-once': 0, quiet: 4 };

/** The load that an argument names. */
export const loadOf = (name: string | undefined): Load =>
  LOADS.find((load) => load === name) ?? 'request';
