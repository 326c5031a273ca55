/**
 * What the compressor has found out about the packet in work; a channel's ROHC-TCP contexts share one.
 *
 * Values that a later packet is compared with stand in the row in work of the flow's `SentHeaders`, those of the
 * base header in a `BaseRecord`; the rest is here.
 */
import { type BaseRecord, createBaseRecord } from './base-header.js';

export interface PacketInWork {
  readonly base: BaseRecord;
  /** Offsets of the row in work and of the newest reference's. */
  row: number;
  last: number;
  /** References that the decompressor may hold, as far as repetitions (L) and the window (W) reach. */
  depthL: number;
  depthW: number;
  /** The innermost IP header's place, its TOS or traffic class, and TCP's. */
  ip: number;
  tos: number;
  tcp: number;
  /** TCP's reserved bits and flags octet. */
  reserved: number;
  flags: number;
  urgent: number;
  payload: number;
  stride: number;
  /** Bits of `RARE` and `OUTER` that some reference has otherwise. */
  rareDiff: number;
  outerDiff: number;
  /** Option items that go out whole, one bit each. */
  present: number;
}

export const createPacketInWork = (): PacketInWork => ({
  base: createBaseRecord(),
  row: 0,
  last: 0,
  depthL: 0,
  depthW: 0,
  ip: 0,
  tos: 0,
  tcp: 0,
  reserved: 0,
  flags: 0,
  urgent: 0,
  payload: 0,
  stride: 0,
  rareDiff: 0,
  outerDiff: 0,
  present: 0,
});

/** Parts of `RARE`. */
export const TTL_BITS = 0xff;
export const DSCP_BITS = 0x3f00;
export const DF_BIT = 0x4000;
export const BEHAVIOR_BITS = 0x18000;
export const ECN_USED_BIT = 0x20000;
export const ECN_BITS = 0x3fc0000;
export const LIST_COUNT_BITS = 0x3c000000;
/** Parts of `OUTER`. */
export const OUTER_TTL_BITS = 0xffff0000;
export const OUTER_TOS_BITS = 0xffff;
/** Parts of `STRIDE_URGENT`. */
export const STRIDE_BITS = 0xffff0000;
export const URGENT_BITS = 0xffff;
