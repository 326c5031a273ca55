/** What the connections do that managers react to. */

/**
 * - `request`: as clients mostly do, the first bytes follow the connection at once and the server
 *   answers, so that both applications run while the manager reacts.
 * - `quiet`: the connection rests before and after its first byte, and the server does not read:
 *   nothing else wants the processors.
 */
export type Load = 'request' | 'quiet';

export const LOADS: ReadonlyArray<Load> = ['request', 'quiet'];

/** The load that an argument names. */
export const loadOf = (name: string | undefined): Load => (name === 'quiet' ? 'quiet' : 'request');
