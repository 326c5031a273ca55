/** IP identifications out of compressed headers: offsets from the SN, constant ones, verbatim ones (RFC 3095 section 4.5.5). */
import { lsbDecode16 } from '../../wlsb.js';
import type { CompressedHeader } from './compressed-header.js';
import { COMPRESSED_LEVELS, FLAG_NBO, FLAG_RND, FLAG_SID, OFFSET_P } from './formats.js';
import { LEVEL_WORDS, swap16, VERSION } from './layout.js';
import type { IpTemplate } from './template.js';

/** The level that base headers mean by IP-ID: the innermost IPv4 header without RND, or -1. */
export const codedLevel = (t: IpTemplate): number => {
  for (let i = Math.min(t.layout.count, COMPRESSED_LEVELS) - 1; i >= 0; i--) {
    const four = t.layout.levels[i * LEVEL_WORDS + VERSION] === 4;
    if (four && ((t.flags[i] as number) & FLAG_RND) === 0) return i;
  }
  return -1;
};

/** Whether an identification follows the SN, so that a wrong SN shows. */
export const usesOffset = (t: IpTemplate): boolean => {
  for (let i = 0; i < COMPRESSED_LEVELS && i < t.layout.count; i++) {
    const four = t.layout.levels[i * LEVEL_WORDS + VERSION] === 4;
    if (four && ((t.flags[i] as number) & (FLAG_RND | FLAG_SID)) === 0) return true;
  }
  return false;
};

/**
 * Fills `ids` with the identifications of a packet with sequence number `sn`, given those of the reference packet with
 * `referenceSn`. `coded` is the level that base headers mean ({@link codedLevel}).
 */
export const decodeIpIds = (
  h: CompressedHeader,
  t: IpTemplate,
  coded: number,
  sn: number,
  referenceSn: number,
  references: Uint16Array,
  ids: Uint16Array,
): void => {
  const { count, levels } = t.layout;
  for (let i = 0; i < count; i++) {
    if (levels[i * LEVEL_WORDS + VERSION] !== 4) continue;
    const flags = t.flags[i] as number;
    const reference = references[i] as number;
    if (i >= COMPRESSED_LEVELS || (flags & FLAG_RND) !== 0) ids[i] = h.id[i] as number;
    else if ((flags & FLAG_SID) !== 0) ids[i] = reference;
    else {
      const swapped = (flags & FLAG_NBO) === 0;
      const last = ((swapped ? swap16(reference) : reference) - referenceSn) & 0xffff;
      const inBase = i === coded && (i > 0 || h.outerLength === 0);
      const length = inBase ? h.idLength : h.outerLength;
      const bits = inBase ? h.idBits : h.outerBits;
      const id = (sn + lsbDecode16(last, bits, length, OFFSET_P)) & 0xffff;
      ids[i] = swapped ? swap16(id) : id;
    }
  }
};
