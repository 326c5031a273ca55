/** Octets damaged in the ways in which links, programs and attackers damage them. */

import type { Rng } from '@liquid/types';

const flip = (octets: Uint8Array, rng: Rng): void => {
  const at = rng.below(octets.length);
  // `at` is an index of `octets`
  octets[at] = (octets[at] as number) ^ (1 << rng.below(8));
};

/** A damaged copy of `octets`; `other` is what parts are taken from. Never empty. */
export const mutate = (octets: Uint8Array, other: Uint8Array, rng: Rng): Uint8Array => {
  const copy = octets.slice();
  switch (rng.below(10)) {
    case 0: {
      // nearly always where the header is
      const head = copy.subarray(0, Math.min(copy.length, 16));
      flip(head, rng);
      return copy;
    }
    case 1: {
      for (let flips = 1 + rng.below(8); flips > 0; flips--) flip(copy, rng);
      return copy;
    }
    case 2:
      copy[rng.below(copy.length)] = rng.below(256);
      return copy;
    case 3:
      copy[rng.below(Math.min(copy.length, 8))] = rng.pick([0, 0x7f, 0x80, 0xff, 0xfe, 0xe0]) ?? 0;
      return copy;
    case 4:
      return copy.subarray(0, 1 + rng.below(copy.length));
    case 5: {
      const cut = rng.below(copy.length);
      return Uint8Array.of(...copy.subarray(0, cut), ...other.subarray(rng.below(other.length)));
    }
    case 6: {
      const at = rng.below(copy.length);
      const more = rng.fill(new Uint8Array(1 + rng.below(6)));
      return Uint8Array.of(...copy.subarray(0, at), ...more, ...copy.subarray(at));
    }
    case 7: {
      const from = rng.below(copy.length);
      const rest = copy.subarray(from + 1 + rng.below(4));
      return from + rest.length === 0 ? copy : Uint8Array.of(...copy.subarray(0, from), ...rest);
    }
    case 8: {
      // a packet type of any kind over what was there
      copy[0] = 0xe0 + rng.below(32);
      return copy;
    }
    default:
      return rng.fill(new Uint8Array(1 + rng.below(96)));
  }
};
