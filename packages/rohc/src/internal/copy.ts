/** Copies octets between buffers without allocating for the short runs that headers and acknowledgements are. */

/** Longest run that a loop copies faster than a view and `set` do. */
const LOOP_MAX = 64;

/** Copies `from[start, end)` to `to` at `at`; the caller has checked the room. */
export const copyOctets = (
  from: Uint8Array,
  start: number,
  end: number,
  to: Uint8Array,
  at: number,
): void => {
  if (end - start > LOOP_MAX) {
    to.set(from.subarray(start, end), at);
    return;
  }
  for (let i = start, j = at; i < end; i++, j++) to[j] = from[i] as number;
};
