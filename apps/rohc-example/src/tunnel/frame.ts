/** What a datagram of the tunnel begins with: what it carries, and its place in the order in which it was sent. */

/** Octets of the frame: version and kind in one, the sequence number in two. */
export const FRAME_BYTES = 3;

/** First octet of version 1: an IP packet as it is. */
export const PLAIN = 0x10;

/** First octet of version 1: a ROHC packet, feedback in front of it or alone. */
export const ROHC = 0x11;

/** Writes the frame in front of what is sent; only the low 16 bits of the sequence number travel. */
export const writeFrame = (datagram: Uint8Array, kind: number, sequence: number): void => {
  datagram[0] = kind;
  datagram[1] = sequence >>> 8;
  datagram[2] = sequence;
};

/** The sequence number of a datagram that is at least {@link FRAME_BYTES} long. */
export const sequenceOf = (datagram: Uint8Array): number =>
  // the caller has checked the length
  ((datagram[1] as number) << 8) | (datagram[2] as number);

/** How datagrams arrived, by their sequence numbers. */
export interface Order {
  /** Takes the sequence number of the datagram that came; no allocation. */
  readonly take: (sequence: number) => void;
  /** Numbers passed over that have not come since. */
  readonly missing: () => number;
  /** Datagrams that came after one with a later number. */
  readonly late: () => number;
  /** By how many places the latest of them was late. */
  readonly farthest: () => number;
}

/** Half of the numbers are ahead, the other half behind. */
const HALF = 0x8000;

/**
 * Counts gaps and latecomers from the first datagram on, since the other end may have been there earlier; right as
 * long as none is 32,768 places late.
 */
export const createOrder = (): Order => {
  let next = -1;
  let missing = 0;
  let late = 0;
  let farthest = 0;
  return {
    take: (sequence) => {
      const ahead = next < 0 ? 0 : (sequence - next) & 0xffff;
      if (ahead < HALF) {
        missing += ahead;
        next = (sequence + 1) & 0xffff;
        return;
      }
      missing--;
      late++;
      // `next` itself would have been in time
      farthest = Math.max(farthest, 0xffff - ahead);
    },
    // one that was sent before the first that came, and came later, was never missed
    missing: () => Math.max(0, missing),
    late: () => late,
    farthest: () => farthest,
  };
};
