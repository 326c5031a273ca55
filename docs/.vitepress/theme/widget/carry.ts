/** A capture's IP packets through a ROHC compressor and a decompressor: pure, the same in a browser and in Node. */
import {
  COMPRESSED_EXPANSION_MAX,
  createCompressor,
  createDecompressor,
  formatName,
} from '@liquid/rohc';
import { createCaptureReader, createIpSpan, frameErrorOf, ipPacketInto } from '@liquid/rohc/pcap';
import * as E from 'fp-ts/lib/Either.js';
import { type Failure, noPackets, unreadable } from './failure.js';
import { headerOctets } from './header-octets.js';

/** Octets in front of each packet in {@link Carried.stream}: its length, most significant octet first. */
export const LENGTH_PREFIX = 4;

/** Largest IP packet that a capture can hold: 65,535 octets behind an IPv6 header. */
const PACKET_MAX = 65_575;
/** Packets between two reports of progress. */
const PROGRESS_PACKETS = 8192;

/** What came of a capture; arrays have one entry a packet, but for `starts`, which has one more. */
export interface Carried {
  readonly packets: number;
  /** Every compressed packet behind its {@link LENGTH_PREFIX}, in the order of the capture. */
  readonly stream: Uint8Array<ArrayBuffer>;
  /** Where packets begin in `stream`; at last, where it ends. */
  readonly starts: Uint32Array;
  /** Header octets as they came, and as they were sent. */
  readonly before: Uint32Array;
  readonly after: Uint32Array;
  /** Index in `formatNames`. */
  readonly formats: Uint8Array;
  readonly formatNames: readonly string[];
  /** Seconds since the first packet; the number of the packet where the capture tells no time. */
  readonly at: Float64Array;
  readonly timed: boolean;
  /** Octets of the IP packets, and of the compressed ones. */
  readonly octetsBefore: number;
  readonly octetsAfter: number;
  /** Frames without an IP packet. */
  readonly skipped: number;
  /** Packets of which the recorder kept only a part. */
  readonly cut: number;
  /** Packets that the compressor refused. */
  readonly refused: number;
  /** Packets that came back otherwise than they were, and such as did not come back. */
  readonly different: number;
  readonly undelivered: number;
  /** Why reading ended before the end of the file; undefined where it did not. */
  readonly brokenOff: string | undefined;
}

/** Columns that grow as packets come: the capture does not say beforehand how many it has. */
const createColumns = (): {
  readonly add: (start: number, before: number, after: number, format: number, at: number) => void;
  readonly trimmed: (
    end: number,
  ) => Pick<Carried, 'starts' | 'before' | 'after' | 'formats' | 'at'>;
} => {
  let room = 4096;
  let count = 0;
  let starts = new Uint32Array(room + 1);
  let before = new Uint32Array(room);
  let after = new Uint32Array(room);
  let formats = new Uint8Array(room);
  let at = new Float64Array(room);
  const grow = (): void => {
    room *= 2;
    const old = { starts, before, after, formats, at };
    starts = new Uint32Array(room + 1);
    before = new Uint32Array(room);
    after = new Uint32Array(room);
    formats = new Uint8Array(room);
    at = new Float64Array(room);
    starts.set(old.starts);
    before.set(old.before);
    after.set(old.after);
    formats.set(old.formats);
    at.set(old.at);
  };
  return {
    add: (start, headersBefore, headersAfter, format, place) => {
      if (count === room) grow();
      starts[count] = start;
      before[count] = headersBefore;
      after[count] = headersAfter;
      formats[count] = format;
      at[count] = place;
      count++;
    },
    trimmed: (end) => {
      starts[count] = end;
      return {
        starts: starts.slice(0, count + 1),
        before: before.slice(0, count),
        after: after.slice(0, count),
        formats: formats.slice(0, count),
        at: at.slice(0, count),
      };
    },
  };
};

const sameOctets = (a: Uint8Array, b: Uint8Array, from: number, length: number): boolean => {
  for (let i = 0; i < length; i++) if (a[i] !== b[from + i]) return false;
  return true;
};

/**
 * Sends every IP packet of the capture in `octets` (pcap or pcapng, unpacked) through a compressor and a decompressor
 * with their defaults, and compares what comes back.
 *
 * A capture that breaks off or is damaged behind its first packets gives those, with `brokenOff`. Left: it is no
 * capture, or holds no IP packet.
 *
 * Cost: one pass; the packets and 23 octets for each are held in memory.
 *
 * @param progress - told the part of the file that is done, from 0 to 1
 */
export const carry = (
  octets: Uint8Array,
  progress: (part: number) => void = () => undefined,
): E.Either<Failure, Carried> => {
  const reading = createCaptureReader();
  const compressing = createCompressor();
  const decompressing = createDecompressor();
  if (E.isLeft(reading) || E.isLeft(compressing) || E.isLeft(decompressing)) {
    throw new Error('bug: the defaults were refused');
  }
  const reader = reading.right;
  const compressor = compressing.right;
  const decompressor = decompressing.right;
  const columns = createColumns();
  const numbers = new Map<string, number>();
  const span = createIpSpan();
  const back = new Uint8Array(PACKET_MAX);
  let stream = new Uint8Array(Math.max(octets.length, 65_536));
  let end = 0;
  let packets = 0;
  let octetsBefore = 0;
  let skipped = 0;
  let cut = 0;
  let refused = 0;
  let different = 0;
  let undelivered = 0;
  let otherKind: string | undefined;
  let firstSeconds = 0;
  let firstNanoseconds = 0;
  let timed = true;

  const take = (): void => {
    const { record } = reader;
    const length = ipPacketInto(record.linkType, record.bytes, record.start, record.length, span);
    if (length <= 0 || length > PACKET_MAX) {
      skipped++;
      if (length < 0) otherKind ??= frameErrorOf(length, record.linkType, span).message;
      return;
    }
    const from = span.offset;
    const at = end + LENGTH_PREFIX;
    if (stream.length < at + length + COMPRESSED_EXPANSION_MAX) {
      const larger = new Uint8Array(stream.length * 2);
      larger.set(stream.subarray(0, end));
      stream = larger;
    }
    const size = compressor.compressInto(record.bytes, stream, at, from, from + length);
    if (size < 0) {
      refused++;
      return;
    }
    stream[end] = size >>> 24;
    stream[end + 1] = size >>> 16;
    stream[end + 2] = size >>> 8;
    stream[end + 3] = size;
    const name = formatName(compressor.lastProfile(), compressor.lastFormat());
    let format = numbers.get(name);
    if (format === undefined) {
      format = numbers.size;
      numbers.set(name, format);
    }
    if (packets === 0) {
      firstSeconds = record.seconds;
      firstNanoseconds = record.nanoseconds;
    }
    timed &&= record.hasTimestamp;
    // payload travels as it is: what the two sizes differ by, the headers do
    const before = headerOctets(record.bytes, from, from + length);
    const seconds = record.seconds - firstSeconds + (record.nanoseconds - firstNanoseconds) / 1e9;
    columns.add(end, before, size - (length - before), format, seconds);
    if (span.missing > 0) cut++;
    octetsBefore += length;
    end = at + size;
    packets++;
    if (packets % PROGRESS_PACKETS === 0) progress(Math.min(1, record.offset / octets.length));
    const got = decompressor.decompressInto(stream, back, 0, at, end);
    if (got < 0) undelivered++;
    else if (got !== length || !sameOctets(back, record.bytes, from, length)) different++;
  };

  reader.feed(octets);
  reader.finish();
  for (let step = reader.step(); step !== 'end' && step !== 'failed'; step = reader.step()) {
    if (step === 'more') break;
    if (step === 'record') take();
  }
  const { error } = reader;
  if (packets === 0) {
    return E.left(
      error === null || skipped > 0 ? noPackets(skipped, otherKind) : unreadable(error, octets),
    );
  }
  const made = columns.trimmed(end);
  if (!timed) for (let i = 0; i < packets; i++) made.at[i] = i;
  return E.right({
    ...made,
    packets,
    stream: stream.slice(0, end),
    formatNames: [...numbers.keys()],
    timed,
    octetsBefore,
    octetsAfter: end - packets * LENGTH_PREFIX,
    skipped,
    cut,
    refused,
    different,
    undelivered,
    brokenOff: error?.message,
  });
};

/** The `n`th compressed packet, borrowed. */
export const packetAt = (carried: Carried, n: number): Uint8Array =>
  carried.stream.subarray((carried.starts[n] ?? 0) + LENGTH_PREFIX, carried.starts[n + 1] ?? 0);
