/** What a capture consists of: sections, interfaces, records, and what can be wrong with them. */

import type { Corrupt, Decode, LimitExceeded, Truncated, Unsupported } from '@liquid/types';

/**
 * Why reading a capture ended early; `offset` is where in the (uncompressed) file.
 *
 * `Truncated`: the file ends inside a header, record or block. `Decode`: it is no capture, or a field
 * has a value that the format forbids. `Corrupt`: two fields contradict each other. `LimitExceeded`:
 * a length or count passes a limit of the reader. `Unsupported`: a version that isn't read.
 *
 * @since 0.1.0
 */
export type CaptureError = Truncated | Decode | Corrupt | LimitExceeded | Unsupported;

/**
 * The file format of a capture.
 *
 * @since 0.1.0
 */
export type CaptureFormat = 'pcap' | 'pcapng';

/**
 * The order of octets in the numbers of a capture.
 *
 * @since 0.1.0
 */
export type ByteOrder = 'little' | 'big';

/**
 * A pcap file (which is one section), or a section of a pcapng file.
 *
 * @since 0.1.0
 */
export interface CaptureSection {
  readonly format: CaptureFormat;
  readonly byteOrder: ByteOrder;
  readonly majorVersion: number;
  readonly minorVersion: number;
  /** Where the section starts in the file. */
  readonly offset: number;
}

/**
 * Where frames were captured: a pcap file has exactly one interface, a section of pcapng as many as
 * it describes.
 *
 * @since 0.1.0
 */
export interface CaptureInterface {
  /** Index in the section, from 0. */
  readonly id: number;
  /** LINKTYPE of its frames. */
  readonly linkType: number;
  /** Octets of a frame that were kept at most; 0 for no limit. */
  readonly snapLength: number;
  /** Timestamps count units of 1/`unitsPerSecond` s: a power of ten or, in pcapng, of two. */
  readonly unitsPerSecond: bigint;
  /** Seconds to be added to every timestamp (if_tsoffset); records have it added. */
  readonly offsetSeconds: number;
  /** if_name, or `null` where the file gives none. */
  readonly name: string | null;
}

/**
 * One captured frame.
 *
 * @since 0.1.0
 */
export interface CaptureRecord {
  /** Index in the file, from 0. */
  readonly index: number;
  /** Index of its interface in its section. */
  readonly interfaceId: number;
  /** LINKTYPE of its interface. */
  readonly linkType: number;
  /**
   * Nanoseconds since 1970-01-01 UTC, or `null` where the record has no timestamp (pcapng's simple
   * packet block). Finer units are rounded down.
   */
  readonly timestampNs: bigint | null;
  /** Octets that the frame had on the wire. */
  readonly originalLength: number;
  /**
   * The octets that were captured. A copy of their own, or borrowed until the next record is asked
   * for when the reader was created with `borrow: true`.
   */
  readonly data: Uint8Array;
  /** Where the record starts in the file. */
  readonly offset: number;
}

/**
 * What a reader yields, in the order of the file.
 *
 * @since 0.1.0
 */
export type CaptureEvent =
  | { readonly _tag: 'Section'; readonly section: CaptureSection }
  | { readonly _tag: 'Interface'; readonly interface: CaptureInterface }
  | { readonly _tag: 'Record'; readonly record: CaptureRecord };

/**
 * The record that a reader stands on, as the loop without allocation sees it: one object, filled
 * anew by each {@link CaptureReader.step} that returns `'record'`.
 *
 * @since 0.1.0
 */
export interface CaptureRecordView {
  readonly index: number;
  readonly interfaceId: number;
  readonly linkType: number;
  /** `false`: `seconds` and `nanoseconds` are 0 and mean nothing. */
  readonly hasTimestamp: boolean;
  /** Whole seconds since 1970-01-01 UTC. */
  readonly seconds: number;
  /** 0 to 999,999,999. */
  readonly nanoseconds: number;
  readonly originalLength: number;
  /** Borrowed: holds the frame at `start`, and the reader's other business around it. */
  readonly bytes: Uint8Array;
  /** Index of the frame's first octet in `bytes`. */
  readonly start: number;
  /** Octets that were captured. */
  readonly length: number;
  /** Where the record starts in the file. */
  readonly offset: number;
}

/** The same object, as its reader sees it. */
export type MutableRecordView = { -readonly [K in keyof CaptureRecordView]: CaptureRecordView[K] };

export const createRecordView = (): MutableRecordView => ({
  index: -1,
  interfaceId: 0,
  linkType: 0,
  hasTimestamp: false,
  seconds: 0,
  nanoseconds: 0,
  originalLength: 0,
  bytes: new Uint8Array(0),
  start: 0,
  length: 0,
  offset: 0,
});
