/** Octets in network byte order, read, written, copied and compared in place. */

/** Reads 16 bits. */
export const u16 = (b: Uint8Array, i: number): number =>
  ((b[i] as number) << 8) | (b[i + 1] as number);

/** Reads 32 bits, unsigned. */
export const u32 = (b: Uint8Array, i: number): number =>
  (((b[i] as number) << 24) |
    ((b[i + 1] as number) << 16) |
    ((b[i + 2] as number) << 8) |
    (b[i + 3] as number)) >>>
  0;

/** Reads 32 bits, signed: what a hot path passes on, for a number beyond 2^31 would be boxed. */
export const i32 = (b: Uint8Array, i: number): number =>
  ((b[i] as number) << 24) |
  ((b[i + 1] as number) << 16) |
  ((b[i + 2] as number) << 8) |
  (b[i + 3] as number);

/** Writes the low `octets` octets of a value and returns the place behind. */
export const put = (out: Uint8Array, at: number, value: number, octets: number): number => {
  for (let i = octets - 1, v = value; i >= 0; i--, v >>>= 8) out[at + i] = v;
  return at + octets;
};

/** Writes 32 bits. */
export const put32 = (out: Uint8Array, at: number, value: number): void => {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
};

/** Whether `length` octets of `a` from `i` on equal those of `b` from `j` on. */
export const same = (
  a: Uint8Array,
  i: number,
  b: Uint8Array,
  j: number,
  length: number,
): boolean => {
  for (let k = 0; k < length; k++) if (a[i + k] !== b[j + k]) return false;
  return true;
};

/** Swaps the octets of a 16-bit value. */
export const swap16 = (value: number): number => ((value & 0xff) << 8) | (value >>> 8);
