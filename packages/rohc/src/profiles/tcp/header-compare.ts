/**
 * Compares the headers in front of TCP with those of the flow's packet before: `h` holds the latter from its first
 * octet on, `b` the packet in work.
 */
import {
  AH,
  DESTINATION,
  GRE,
  type HeaderChain,
  HOP_BY_HOP,
  IPV4,
  IPV6,
  MINE,
  ROUTING,
} from '../../internal/header-chain.js';
import { same, u16 } from '../../internal/octets.js';
import { ZERO } from './formats.js';

/** Whether header `i` has the static fields that the packet in `h` has. */
export const sameStatic = (
  h: Uint8Array,
  b: Uint8Array,
  chain: HeaderChain,
  i: number,
): boolean => {
  const o = chain.offset[i] as number;
  const r = o - chain.start;
  const length = chain.length[i] as number;
  switch (chain.kind[i]) {
    case IPV4:
      return (
        h[r + 9] === b[o + 9] &&
        h[r + 12] === b[o + 12] &&
        h[r + 13] === b[o + 13] &&
        h[r + 14] === b[o + 14] &&
        h[r + 15] === b[o + 15] &&
        h[r + 16] === b[o + 16] &&
        h[r + 17] === b[o + 17] &&
        h[r + 18] === b[o + 18] &&
        h[r + 19] === b[o + 19]
      );
    case IPV6:
      return (
        ((h[r + 1] as number) & 15) === ((b[o + 1] as number) & 15) &&
        h[r + 2] === b[o + 2] &&
        h[r + 3] === b[o + 3] &&
        h[r + 6] === b[o + 6] &&
        same(h, r + 8, b, o + 8, 32)
      );
    case HOP_BY_HOP:
    case DESTINATION:
      return same(h, r, b, o, 2);
    case ROUTING:
      return same(h, r, b, o, length);
    case AH:
      return same(h, r, b, o, 2) && same(h, r + 4, b, o + 4, 4);
    case GRE:
      return (
        same(h, r, b, o, 4) &&
        (((b[o] as number) & 0x20) === 0 ||
          same(
            h,
            r + (((b[o] as number) & 0x80) !== 0 ? 8 : 4),
            b,
            o + (((b[o] as number) & 0x80) !== 0 ? 8 : 4),
            4,
          ))
      );
    case MINE:
      return same(h, r, b, o, 2) && same(h, r + 4, b, o + 4, length - 4);
    default:
      return false;
  }
};

/** Whether something changed since the packet before that IR-DYN alone can say. */
export const needsDynamic = (
  h: Uint8Array,
  behaviors: Uint8Array,
  b: Uint8Array,
  chain: HeaderChain,
): boolean => {
  let ip = 0;
  for (let i = 0; i < chain.count; i++) {
    const o = chain.offset[i] as number;
    const r = o - chain.start;
    switch (chain.kind[i]) {
      case IPV4:
        if (i !== chain.innermost) {
          if ((((h[r + 6] as number) ^ (b[o + 6] as number)) & 0x40) !== 0) return true;
          if (behaviors[ip] === ZERO && u16(b, o + 4) !== 0) return true;
        }
        ip++;
        break;
      case IPV6:
        ip++;
        break;
      case HOP_BY_HOP:
      case DESTINATION:
        if (!same(h, r + 2, b, o + 2, (chain.length[i] as number) - 2)) return true;
        break;
      case AH:
        if (!same(h, r + 2, b, o + 2, 2)) return true;
        break;
      default:
        break;
    }
  }
  return false;
};
