/**
 * Context identifiers on the wire (RFC 5795 section 5.1.3): an Add-CID octet in front of the header for small CIDs
 * 1–15, nothing for small CID 0, and one or two SDVL octets behind the first header octet for large CIDs.
 */

/** Largest small CID. */
export const SMALL_CID_MAX = 15;
/** Largest large CID: two SDVL octets. */
export const LARGE_CID_MAX = 16383;

/** Writes the Add-CID octet where one is due and returns the place of the header's first octet. */
export const writeAddCid = (out: Uint8Array, at: number, cid: number, large: boolean): number => {
  if (large || cid === 0) return at;
  out[at] = 0xe0 | cid;
  return at + 1;
};

/** Writes the large CID behind the first octet (at `at`, the place after it) and returns the next place. */
export const writeLargeCid = (out: Uint8Array, at: number, cid: number, large: boolean): number => {
  if (!large) return at;
  if (cid < 0x80) {
    out[at] = cid;
    return at + 1;
  }
  out[at] = 0x80 | (cid >>> 8);
  out[at + 1] = cid;
  return at + 2;
};

/** Octets that the CID takes in any packet of this channel. */
export const cidLength = (cid: number, large: boolean): number =>
  large ? (cid < 0x80 ? 1 : 2) : cid === 0 ? 0 : 1;
