/** What was opened is closed again, last opened first, however the work ends. */

/** Registers how to close something. */
export type Defer = (close: () => unknown) => void;

/** Runs something, then all that it deferred. */
export const closing = async <A>(run: (defer: Defer) => Promise<A>): Promise<A> => {
  const closers: Array<() => unknown> = [];
  try {
    return await run((close) => void closers.push(close));
  } finally {
    for (const close of closers.reverse()) await close();
  }
};
