/** Writing captures, as pcap or pcapng: octets out, for a file, a socket or a browser's download. */

import {
  type Decode,
  decode,
  decodeError,
  type LimitExceeded,
  limitExceeded,
  type Unsupported,
  unsupported,
} from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import type { CaptureRecord, CaptureRecordView } from './events.js';
import { pcapHeader, pcapngHeader, type Writing } from './internal/capture-header.js';
import { PCAP_RECORD_HEADER } from './internal/pcap-parser.js';
import {
  BLOCK_OVERHEAD,
  ENHANCED_PACKET,
  PACKET_BODY,
  SIMPLE_PACKET,
  SIMPLE_PACKET_BODY,
} from './internal/pcapng-blocks.js';
import { DEFAULT_MAX_RECORD_BYTES } from './options.js';
import { type CaptureWriterOptions, CaptureWriterOptionsCodec } from './writer-options.js';

/**
 * A frame for {@link CaptureWriter.recordInto}. A reader's `record` is one; a caller's own, reused,
 * costs no allocation.
 *
 * @since 0.1.0
 */
export type FrameToWrite = Pick<
  CaptureRecordView,
  | 'interfaceId'
  | 'hasTimestamp'
  | 'seconds'
  | 'nanoseconds'
  | 'originalLength'
  | 'bytes'
  | 'start'
  | 'length'
>;

/**
 * Why a record can't be written: `LimitExceeded` (longer than the interface's snap length), `Decode`
 * (an interface that doesn't exist, a length or time that isn't a whole number in range),
 * `Unsupported` (a time that the format can't hold).
 *
 * @since 0.1.0
 */
export type CaptureWriteError = Decode | LimitExceeded | Unsupported;

/**
 * {@link CaptureWriter.recordInto}: `out` has no room for the record; nothing was written.
 *
 * @since 0.1.0
 */
export const WRITE_NO_ROOM = -1;

/**
 * {@link CaptureWriter.recordInto}: the frame is longer than its interface's snap length.
 *
 * @since 0.1.0
 */
export const WRITE_TOO_LONG = -2;

/**
 * {@link CaptureWriter.recordInto}: the format can't hold this time.
 *
 * @since 0.1.0
 */
export const WRITE_TIME_RANGE = -3;

/**
 * {@link CaptureWriter.recordInto}: the interface or a length makes no sense.
 *
 * @since 0.1.0
 */
export const WRITE_INVALID = -4;

/**
 * Turns records into the octets of a capture. It keeps no state between records: the caller puts
 * {@link CaptureWriter.header} first and the records behind it, in any order.
 *
 * @since 0.1.0
 */
export interface CaptureWriter {
  /** What stands in front of all records; a fresh array each time. */
  readonly header: () => Uint8Array;
  /** One record, in a fresh array. A `timestampNs` of `null` is written as 0 where it must be. */
  readonly record: (
    record: Pick<CaptureRecord, 'data' | 'timestampNs'> &
      Partial<Pick<CaptureRecord, 'interfaceId' | 'originalLength'>>,
  ) => E.Either<CaptureWriteError, Uint8Array>;
  /** The most octets that a record takes whose frame has `length`. */
  readonly recordBytes: (length: number) => number;
  /**
   * Writes a record to `out` from `at` on without allocation; returns how many octets it took, or
   * {@link WRITE_NO_ROOM}, {@link WRITE_TOO_LONG}, {@link WRITE_TIME_RANGE} or {@link WRITE_INVALID},
   * which {@link CaptureWriter.errorOf} explains.
   */
  readonly recordInto: (out: Uint8Array, at: number, frame: FrameToWrite) => number;
  /** The error behind a negative code. */
  readonly errorOf: (code: number, frame: FrameToWrite) => CaptureWriteError;
}

const NANOSECONDS = 1_000_000_000;
const UINT32 = 0xffff_ffff;
const TWO_16 = 0x1_0000;
const TWO_32 = 0x1_0000_0000;

const padded = (length: number): number => (length + 3) & ~3;

class Writer implements CaptureWriter {
  readonly #writing: Writing;
  /** The view of the array that was written to last: usually the same buffer for a whole file. */
  #out: Uint8Array = new Uint8Array(0);
  #view = new DataView(this.#out.buffer);

  constructor(writing: Writing) {
    this.#writing = writing;
  }

  readonly header = (): Uint8Array =>
    this.#writing.format === 'pcap' ? pcapHeader(this.#writing) : pcapngHeader(this.#writing);

  readonly recordBytes = (length: number): number =>
    this.#writing.format === 'pcap'
      ? PCAP_RECORD_HEADER + length
      : BLOCK_OVERHEAD + PACKET_BODY + padded(length);

  readonly record: CaptureWriter['record'] = (record) => {
    const { data, timestampNs } = record;
    const time = timestampNs ?? 0n;
    const inRange = time >= 0n && time < BigInt(Number.MAX_SAFE_INTEGER) * BigInt(NANOSECONDS);
    const frame: FrameToWrite = {
      interfaceId: record.interfaceId ?? 0,
      hasTimestamp: timestampNs !== null,
      seconds: inRange ? Number(time / BigInt(NANOSECONDS)) : -1,
      nanoseconds: inRange ? Number(time % BigInt(NANOSECONDS)) : 0,
      originalLength: record.originalLength ?? data.length,
      bytes: data,
      start: 0,
      length: data.length,
    };
    const out = new Uint8Array(this.recordBytes(data.length));
    const count = this.recordInto(out, 0, frame);
    return count < 0
      ? E.left(this.errorOf(count, frame))
      : E.right(count === out.length ? out : out.slice(0, count));
  };

  readonly recordInto = (out: Uint8Array, at: number, frame: FrameToWrite): number => {
    const { interfaces, format } = this.#writing;
    const { length, originalLength, seconds, nanoseconds, start } = frame;
    const target = interfaces[frame.interfaceId];
    if (
      target === undefined ||
      !(start >= 0 && length >= 0 && start + length <= frame.bytes.length) ||
      !(originalLength >= 0 && originalLength <= UINT32 && Number.isInteger(originalLength))
    ) {
      return WRITE_INVALID;
    }
    if (target.snapLength !== 0 && length > target.snapLength) return WRITE_TOO_LONG;
    if (frame.hasTimestamp) {
      if (!Number.isInteger(seconds) || !Number.isInteger(nanoseconds)) return WRITE_INVALID;
      if (nanoseconds < 0 || nanoseconds >= NANOSECONDS) return WRITE_INVALID;
      if (seconds < 0 || seconds > this.#lastSecond()) return WRITE_TIME_RANGE;
    }
    if (out.length - at < this.recordBytes(length)) return WRITE_NO_ROOM;
    if (out !== this.#out) {
      this.#out = out;
      this.#view = new DataView(out.buffer, out.byteOffset, out.byteLength);
    }
    if (format === 'pcap') return this.#pcapRecord(at, frame);
    // A simple packet doesn't tell how much was captured: only what follows from the rest may be one.
    const simple =
      !frame.hasTimestamp &&
      frame.interfaceId === 0 &&
      length === Math.min(originalLength, target.snapLength || UINT32);
    return simple ? this.#simplePacket(at, frame) : this.#enhancedPacket(at, frame);
  };

  readonly errorOf = (code: number, frame: FrameToWrite): CaptureWriteError => {
    switch (code) {
      case WRITE_TOO_LONG:
        return limitExceeded({
          what: `frame of interface ${frame.interfaceId}`,
          expected: this.#writing.interfaces[frame.interfaceId]?.snapLength ?? 0,
          actual: frame.length,
        });
      case WRITE_TIME_RANGE:
        return unsupported({
          what: `time in ${this.#writing.format}`,
          expected: `0 to ${this.#lastSecond()} s since 1970`,
          actual: frame.seconds < 0 ? 'outside' : `${frame.seconds} s`,
        });
      case WRITE_NO_ROOM:
        return limitExceeded({
          what: 'room for a record',
          expected: 'what is left of the buffer',
          actual: this.recordBytes(frame.length),
        });
      default:
        return decodeError({
          what: 'record to write',
          expected: `an interface below ${this.#writing.interfaces.length}, and lengths and times that are whole numbers in range`,
          actualText: `interface ${frame.interfaceId}, ${frame.length} of ${frame.originalLength} octets, ${frame.seconds} s ${frame.nanoseconds} ns`,
        });
    }
  };

  /** The last second whose every fraction fits the field. */
  #lastSecond(): number {
    if (this.#writing.format === 'pcap') return UINT32;
    return this.#writing.nanoseconds ? 18_446_744_072 : 18_446_744_073_708;
  }

  #pcapRecord(at: number, frame: FrameToWrite): number {
    const { little, nanoseconds } = this.#writing;
    const view = this.#view;
    const fraction = nanoseconds ? frame.nanoseconds : Math.floor(frame.nanoseconds / 1000);
    view.setUint32(at, frame.hasTimestamp ? frame.seconds : 0, little);
    view.setUint32(at + 4, frame.hasTimestamp ? fraction : 0, little);
    view.setUint32(at + 8, frame.length, little);
    view.setUint32(at + 12, frame.originalLength, little);
    copy(frame, this.#out, at + PCAP_RECORD_HEADER);
    return PCAP_RECORD_HEADER + frame.length;
  }

  #enhancedPacket(at: number, frame: FrameToWrite): number {
    const { little, nanoseconds } = this.#writing;
    const view = this.#view;
    const total = this.recordBytes(frame.length);
    view.setUint32(at, ENHANCED_PACKET, little);
    view.setUint32(at + 4, total, little);
    view.setUint32(at + 8, frame.interfaceId, little);
    let high = 0;
    let low = 0;
    if (frame.hasTimestamp) {
      // seconds · units + fraction, as two 32-bit halves: multiplied in parts that stay below 2^53.
      const units = nanoseconds ? NANOSECONDS : 1_000_000;
      const fraction = nanoseconds ? frame.nanoseconds : Math.floor(frame.nanoseconds / 1000);
      const upper = Math.floor(frame.seconds / TWO_16) * units;
      const sum = (upper % TWO_16) * TWO_16 + (frame.seconds % TWO_16) * units + fraction;
      high = Math.floor(upper / TWO_16) + Math.floor(sum / TWO_32);
      low = sum % TWO_32;
    }
    view.setUint32(at + 12, high, little);
    view.setUint32(at + 16, low, little);
    view.setUint32(at + 20, frame.length, little);
    view.setUint32(at + 24, frame.originalLength, little);
    const body = at + 8 + PACKET_BODY;
    copy(frame, this.#out, body);
    this.#out.fill(0, body + frame.length, at + total - 4);
    view.setUint32(at + total - 4, total, little);
    return total;
  }

  #simplePacket(at: number, frame: FrameToWrite): number {
    const { little } = this.#writing;
    const view = this.#view;
    const total = BLOCK_OVERHEAD + SIMPLE_PACKET_BODY + padded(frame.length);
    view.setUint32(at, SIMPLE_PACKET, little);
    view.setUint32(at + 4, total, little);
    view.setUint32(at + 8, frame.originalLength, little);
    const body = at + 8 + SIMPLE_PACKET_BODY;
    copy(frame, this.#out, body);
    this.#out.fill(0, body + frame.length, at + total - 4);
    view.setUint32(at + total - 4, total, little);
    return total;
  }
}

/** Below this a loop is faster than `set` and the view that `set` needs. */
const SHORT_COPY = 64;

const copy = ({ bytes, start, length }: FrameToWrite, out: Uint8Array, at: number): void => {
  if (length > SHORT_COPY) {
    out.set(bytes.subarray(start, start + length), at);
    return;
  }
  for (let i = 0; i < length; i += 1) out[at + i] = bytes[start + i] ?? 0;
};

/**
 * A writer of pcap or pcapng.
 *
 * Left: `Decode`, when the options are invalid (a pcap file has exactly one interface).
 *
 * @example
 * ```ts
 * import * as E from 'fp-ts/lib/Either.js';
 * import { createCaptureWriter, LINKTYPE_RAW } from '@liquid/rohc/pcap';
 *
 * const writer = createCaptureWriter({ interfaces: [{ linkType: LINKTYPE_RAW }] });
 * if (E.isRight(writer)) {
 *   const data = Uint8Array.of(0x45, 0, 0, 20);
 *   const record = writer.right.record({ data, timestampNs: 1_700_000_000_000_000_000n });
 *   console.log(writer.right.header().length, E.isRight(record) && record.right.length); // 24 20
 * }
 * ```
 *
 * @since 0.1.0
 */
export const createCaptureWriter = (
  options: CaptureWriterOptions,
): E.Either<Decode, CaptureWriter> =>
  pipe(
    decode(CaptureWriterOptionsCodec, 'options of a capture writer')(options),
    E.chain(({ format = 'pcap', byteOrder = 'little', resolution, interfaces }) => {
      const count = interfaces.length;
      if (count === 0 || (format === 'pcap' && count > 1)) {
        return E.left(
          decodeError({
            what: 'options of a capture writer',
            path: 'interfaces',
            expected: format === 'pcap' ? 'exactly one interface' : 'at least one interface',
            actualText: `${count}`,
          }),
        );
      }
      return E.right(
        new Writer({
          format,
          little: byteOrder === 'little',
          nanoseconds: resolution === 'nanoseconds',
          interfaces: interfaces.map(({ linkType, snapLength }) => ({
            linkType,
            snapLength: snapLength ?? DEFAULT_MAX_RECORD_BYTES,
          })),
        }),
      );
    }),
  );
