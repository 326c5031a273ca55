/**
 * What the decompressor may not know yet: which fields changed, in how many packets each change was sent, how the
 * IP-IDs behave (optimistic approach, RFC 3095 section 5.3.1.1.1).
 */
import { type HeaderChain, IP_HEADERS_MAX } from '../../internal/header-chain.js';
import { COMPRESSED_LEVELS, FLAG_NBO, FLAG_RND, FLAG_SID } from './formats.js';
import { chooseIpIdFlags, NO_RUNS, observeIpId } from './ip-id.js';
import {
  AT,
  IPV6_OCTETS,
  type IpLayout,
  LEVEL_WORDS,
  SIZE,
  swap16,
  u16,
  VERSION,
} from './layout.js';
import { ListEncoder } from './list-encoder.js';

/** Groups of fields that travel together; for each level and group: packets left that must carry it, since which SN. */
export const TOS = 0;
export const TTL = 1;
/** DF, NBO, RND: the flags octet of extension 3. */
export const FLAGS = 2;
/** SID: only IR and IR-DYN carry it. */
export const SID = 3;
export const LIST = 4;
const GROUPS = 5;

/** What the packet in work changes; all contexts take turns with it. */
export interface PacketFields {
  /** One for each level's group that differs from the last packet. */
  readonly changed: Uint8Array;
  /** FLAG_RND, FLAG_NBO, FLAG_SID to announce. */
  readonly flags: Uint8Array;
  readonly runs: Uint16Array;
  /** IP-ID less SN, in the byte order of the flags. */
  readonly offsets: Uint16Array;
}

export const createPacketFields = (): PacketFields => ({
  changed: new Uint8Array(COMPRESSED_LEVELS * GROUPS),
  flags: new Uint8Array(COMPRESSED_LEVELS),
  runs: new Uint16Array(COMPRESSED_LEVELS),
  offsets: new Uint16Array(COMPRESSED_LEVELS),
});

/** The fields of one context's last packet. */
export class FieldTracker {
  /** Extension header lists by level; levels without any have none. */
  readonly lists: (ListEncoder | undefined)[] = [];
  private readonly repetitions: number;
  private readonly flags = new Uint8Array(COMPRESSED_LEVELS).fill(FLAG_NBO);
  private readonly runs = new Uint16Array(COMPRESSED_LEVELS).fill(NO_RUNS);
  private readonly left = new Uint8Array(COMPRESSED_LEVELS * GROUPS);
  private readonly since = new Uint16Array(COMPRESSED_LEVELS * GROUPS);

  constructor(repetitions: number) {
    this.repetitions = repetitions;
  }

  /** Fills `now` for the first packet. */
  begin(
    packet: Uint8Array,
    chain: HeaderChain,
    layout: IpLayout,
    sn: number,
    now: PacketFields,
  ): void {
    now.changed.fill(0);
    for (let i = 0, w = 0; i < layout.count; i++, w += LEVEL_WORDS) {
      const four = layout.levels[w + VERSION] === 4;
      if (i < COMPRESSED_LEVELS) {
        now.flags[i] = FLAG_NBO;
        now.runs[i] = NO_RUNS;
        now.offsets[i] = four ? u16(packet, (layout.levels[w + AT] as number) + 4) - sn : 0;
      }
      if (!four && (layout.levels[w + SIZE] as number) > IPV6_OCTETS) {
        this.updateList(packet, chain, layout, i);
      }
    }
  }

  /**
   * Fills `now` for a packet after `header` (laid out by `before`); `free` tells that all dynamic fields will be sent
   * anyway. Returns whether octets changed that are CRC-STATIC.
   */
  compare(
    packet: Uint8Array,
    chain: HeaderChain,
    layout: IpLayout,
    header: Uint8Array,
    before: IpLayout,
    sn: number,
    free: boolean,
    now: PacketFields,
  ): boolean {
    const { levels, count } = layout;
    now.changed.fill(0);
    let any = false;
    for (let i = 0, w = 0; i < count; i++, w += LEVEL_WORDS) {
      const a = levels[w + AT] as number;
      const b = before.levels[w + AT] as number;
      if (levels[w + VERSION] === 6 && !equalLists(packet, layout, header, before, w)) {
        this.updateList(packet, chain, layout, i);
        if (i < COMPRESSED_LEVELS) now.changed[i * GROUPS + LIST] = 1;
        any = true;
      }
      if (i >= COMPRESSED_LEVELS) {
        // sent whole in each packet: nothing to track
        any = true;
      } else if (levels[w + VERSION] === 4) {
        if (this.compareIpv4(i, packet, a, header, b, sn, free, now)) any = true;
      } else if (compareIpv6(i, packet, a, header, b, now)) any = true;
    }
    return any;
  }

  private compareIpv4(
    level: number,
    packet: Uint8Array,
    a: number,
    header: Uint8Array,
    b: number,
    sn: number,
    free: boolean,
    now: PacketFields,
  ): boolean {
    const { changed } = now;
    const group = level * GROUPS;
    let any = false;
    if (packet[a + 1] !== header[b + 1]) changed[group + TOS] = 1;
    if (packet[a + 8] !== header[b + 8]) changed[group + TTL] = 1;
    // of this octet a regular packet has DF only
    if (packet[a + 6] !== header[b + 6]) changed[group + FLAGS] = 1;
    if (changed[group + TOS] === 1 || changed[group + TTL] === 1 || changed[group + FLAGS] === 1) {
      any = true;
    }
    const id = u16(packet, a + 4);
    const runs = observeIpId(this.runs[level] as number, u16(header, b + 4), id);
    const announced = this.flags[level] as number;
    const flags = chooseIpIdFlags(announced, runs, free || this.left[group + SID] !== 0);
    if (((announced ^ flags) & FLAG_SID) !== 0) changed[group + SID] = 1;
    else if (announced !== flags) changed[group + FLAGS] = 1;
    now.runs[level] = runs;
    now.flags[level] = flags;
    now.offsets[level] = ((flags & FLAG_NBO) !== 0 ? id : swap16(id)) - sn;
    return any;
  }

  private updateList(
    packet: Uint8Array,
    chain: HeaderChain,
    layout: IpLayout,
    level: number,
  ): void {
    let list = this.lists[level];
    if (list === undefined) {
      list = new ListEncoder();
      // filled in order: a hole would make the array a slower kind
      while (this.lists.length < IP_HEADERS_MAX) this.lists.push(undefined);
      this.lists[level] = list;
    }
    const at = layout.levels[level * LEVEL_WORDS + AT] as number;
    for (let i = 0; i < chain.count; i++) {
      if (chain.offset[i] === at) return list.update(packet, chain, i);
    }
  }

  /** Whether the packet in work must carry a group. */
  due(level: number, group: number, now: PacketFields): boolean {
    const at = level * GROUPS + group;
    return now.changed[at] === 1 || this.left[at] !== 0;
  }

  /** Whether extension 3 must carry the flags octet of this level. */
  flagsOctetDue(level: number, now: PacketFields): boolean {
    return (
      this.due(level, TOS, now) ||
      this.due(level, TTL, now) ||
      this.due(level, FLAGS, now) ||
      this.due(level, LIST, now)
    );
  }

  /** Whether the level's IP-ID is sent as an offset from the SN. */
  usesOffset(level: number, layout: IpLayout, now: PacketFields): boolean {
    const flags = now.flags[level] as number;
    const four = layout.levels[level * LEVEL_WORDS + VERSION] === 4;
    return four && (flags & (FLAG_RND | FLAG_SID)) === 0;
  }

  /**
   * The packet in work was sent with all that was due; `whole` when it carried all dynamic fields. Returns a bit for
   * each level whose earlier IP-ID offsets mean something else from now on.
   */
  commit(layout: IpLayout, sn: number, whole: boolean, now: PacketFields): number {
    for (let i = 0; i < this.lists.length; i++) {
      const list = this.lists[i];
      if (list === undefined) continue;
      if (whole || i >= COMPRESSED_LEVELS) list.commit(true, this.repetitions);
      else if (this.due(i, LIST, now)) list.commit(false, this.repetitions);
    }
    let restarted = 0;
    for (let i = 0; i < COMPRESSED_LEVELS && i < layout.count; i++) {
      for (let at = i * GROUPS; at < (i + 1) * GROUPS; at++) {
        if (now.changed[at] === 1) {
          this.left[at] = this.repetitions;
          this.since[at] = sn;
        }
        if (this.left[at] !== 0) this.left[at] = (this.left[at] as number) - 1;
      }
      if (this.flags[i] !== now.flags[i]) restarted |= 1 << i;
      this.flags[i] = now.flags[i] as number;
      this.runs[i] = now.runs[i] as number;
    }
    return restarted;
  }

  /** The packet with this SN arrived: what it and later ones carried is known. */
  acknowledge(sn: number): void {
    for (let at = 0; at < this.left.length; at++) {
      if (this.left[at] !== 0 && reached(sn, this.since[at] as number)) this.left[at] = 0;
    }
  }

  /** The decompressor may have lost its tables. */
  forgetLists(): void {
    for (const list of this.lists) list?.forget();
  }
}

/** Whether `sn` is `since` or later, modulo 2^16. */
export const reached = (sn: number, since: number): boolean => ((sn - since) & 0x8000) === 0;

const compareIpv6 = (
  level: number,
  packet: Uint8Array,
  a: number,
  header: Uint8Array,
  b: number,
  now: PacketFields,
): boolean => {
  const { changed } = now;
  const group = level * GROUPS;
  now.offsets[level] = 0;
  now.flags[level] = FLAG_NBO;
  if (
    packet[a] !== header[b] ||
    (((packet[a + 1] as number) ^ (header[b + 1] as number)) & 0xf0) !== 0
  ) {
    changed[group + TOS] = 1;
  }
  if (packet[a + 7] !== header[b + 7]) changed[group + TTL] = 1;
  return changed[group + TOS] === 1 || changed[group + TTL] === 1;
};

const equalLists = (
  packet: Uint8Array,
  layout: IpLayout,
  header: Uint8Array,
  before: IpLayout,
  w: number,
): boolean => {
  const size = layout.levels[w + SIZE] as number;
  if (size !== before.levels[w + SIZE]) return false;
  if (size === IPV6_OCTETS) return true;
  const a = layout.levels[w + AT] as number;
  const b = before.levels[w + AT] as number;
  if (packet[a + 6] !== header[b + 6]) return false;
  for (let k = IPV6_OCTETS; k < size; k++) if (packet[a + k] !== header[b + k]) return false;
  return true;
};
