/**
 * Which CID a flow has: hash chains over CIDs, and the order of last use that says which CID to give up.
 */
import { type HeaderChain, IPV4, IPV6 } from './header-chain.js';

/** Flows by hash and by age; CIDs are the entries. */
export interface FlowTable {
  /** First CID of the hash's chain, or -1; {@link FlowTable.next} goes on. */
  readonly first: (hash: number) => number;
  readonly next: (cid: number) => number;
  readonly add: (cid: number, hash: number) => void;
  readonly remove: (cid: number) => void;
  /** Marks the CID as the one used last. */
  readonly touch: (cid: number) => void;
  /** A CID that no flow has, the lowest; else the one unused for longest. */
  readonly free: () => number;
  readonly size: () => number;
}

export const createFlowTable = (capacity: number): FlowTable => {
  const heads = new Map<number, number>();
  // grown with use: a channel of 16,384 CIDs rarely has as many flows
  let room = Math.min(capacity, 16);
  let following = new Int32Array(room).fill(-1);
  let hashes = new Int32Array(room);
  let newer = new Int32Array(room).fill(-1);
  let older = new Int32Array(room).fill(-1);
  let used = new Uint8Array(room);
  let newest = -1;
  let oldest = -1;
  let size = 0;
  /** Every CID below is in use. */
  let lowestFree = 0;

  const grown = (array: Int32Array, length: number): Int32Array<ArrayBuffer> => {
    const larger = new Int32Array(length).fill(-1);
    larger.set(array);
    return larger;
  };
  const reach = (cid: number): void => {
    if (cid < room) return;
    room = Math.min(capacity, Math.max(cid + 1, room * 2));
    following = grown(following, room);
    hashes = grown(hashes, room);
    newer = grown(newer, room);
    older = grown(older, room);
    const flags = new Uint8Array(room);
    flags.set(used);
    used = flags;
  };
  const unlink = (cid: number): void => {
    const up = newer[cid] as number;
    const down = older[cid] as number;
    if (up >= 0) older[up] = down;
    else newest = down;
    if (down >= 0) newer[down] = up;
    else oldest = up;
  };
  const link = (cid: number): void => {
    older[cid] = newest;
    newer[cid] = -1;
    if (newest >= 0) newer[newest] = cid;
    newest = cid;
    if (oldest < 0) oldest = cid;
  };

  return {
    first: (hash) => heads.get(hash) ?? -1,
    next: (cid) => following[cid] as number,
    add: (cid, hash) => {
      reach(cid);
      following[cid] = heads.get(hash) ?? -1;
      heads.set(hash, cid);
      hashes[cid] = hash;
      used[cid] = 1;
      size++;
      link(cid);
    },
    remove: (cid) => {
      if (cid >= room || used[cid] === 0) return;
      const hash = hashes[cid] as number;
      let at = heads.get(hash) ?? -1;
      if (at === cid) {
        const rest = following[cid] as number;
        if (rest < 0) heads.delete(hash);
        else heads.set(hash, rest);
      } else {
        while (at >= 0 && following[at] !== cid) at = following[at] as number;
        if (at >= 0) following[at] = following[cid] as number;
      }
      used[cid] = 0;
      size--;
      if (cid < lowestFree) lowestFree = cid;
      unlink(cid);
    },
    touch: (cid) => {
      if (newest === cid) return;
      unlink(cid);
      link(cid);
    },
    free: () => {
      if (size >= capacity) return oldest;
      while (lowestFree < room && used[lowestFree] === 1) lowestFree++;
      return lowestFree;
    },
    size: () => size,
  };
};

/** FNV-1a's multiplier: mixes word by word well enough for a hash that `matches` confirms. */
const PRIME = 0x01000193;

const mix = (hash: number, b: Uint8Array, from: number, to: number): number => {
  let h = hash;
  for (let i = from; i < to; i++) h = Math.imul(h ^ (b[i] as number), PRIME);
  return h;
};

/** Hash of the IP addresses of every IP header; never 0, which stands for packets without a flow. */
export const hostsHash = (b: Uint8Array, chain: HeaderChain): number => {
  let h = 0x811c9dc5;
  for (let i = 0; i < chain.count; i++) {
    const o = chain.offset[i] as number;
    const kind = chain.kind[i];
    if (kind === IPV4) h = mix(h, b, o + 12, o + 20);
    else if (kind === IPV6) h = mix(h, b, o + 8, o + 40);
  }
  return h === 0 ? 1 : h | 0;
};

/** Hash of a TCP flow: addresses and ports. */
export const flowHash = (b: Uint8Array, chain: HeaderChain): number => {
  const h = mix(hostsHash(b, chain), b, chain.inner, chain.inner + 4);
  return h === 0 ? 1 : h | 0;
};
