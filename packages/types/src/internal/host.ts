/** The few parts of the host (browser, Node, worker) that a portable package uses, typed by hand. */

interface Host {
  readonly setTimeout: (callback: () => void, delayMs: number) => unknown;
  readonly clearTimeout: (timer: unknown) => void;
  readonly queueMicrotask: (callback: () => void) => void;
  readonly performance: { readonly now: () => number };
  readonly AbortController: new () => {
    readonly signal: unknown;
    readonly abort: (reason?: unknown) => void;
  };
}

/**
 * `globalThis`, seen through the members that every supported host has. The ES library alone does
 * not declare them, and loading DOM or Node types would let `Buffer` or `window` in unseen.
 */
export const host = globalThis as unknown as Host;
