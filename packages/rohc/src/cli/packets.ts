/** The packets of a capture, one after the other, in bounded memory: what every command starts from. */
import { decodeError, type Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { CaptureRecordView } from '../pcap/events.js';
import { createIpSpan, FRAME_UNSUPPORTED, frameErrorOf, ipPacketInto } from '../pcap/ip-packet.js';
import { visitCapture } from '../pcap/node.js';
import { rohcPacketInto } from '../pcap/rohc-frame.js';
import type { Session } from './session.js';

/** Longest packet that is filled up when the capture cut it: IPv6 and 65,535 octets, and what ROHC adds. */
const FILLED_MAX = 65_535 + 40 + 128;

/** A packet, borrowed until the visitor returns. */
export interface CapturedPacket {
  bytes: Uint8Array;
  start: number;
  end: number;
  /** Octets at the end that the capture's snap length cut; zeros stand in for them. */
  missing: number;
  linkType: number;
  /** Whether the capture's timestamps are finer than microseconds. */
  nanoseconds: boolean;
  record: CaptureRecordView;
}

/** What came by. */
export interface PacketCounts {
  /** Records read. */
  readonly records: number;
  /** Records with a packet of the kind that was looked for. */
  readonly packets: number;
  /** Records without one. */
  readonly skipped: number;
  /** Packets that the snap length had cut. */
  readonly cut: number;
}

/** Takes one packet; what it returns, or promises, ends the pass when it is an error. */
export type PacketVisitor = (
  packet: CapturedPacket,
) => Tagged | undefined | Promise<Tagged | undefined>;

const KINDS = {
  ip: {
    name: 'IP',
    find: ipPacketInto,
    remedy: 'captures of ROHC packets are read by rohc decompress and rohc dissect',
  },
  rohc: {
    name: 'ROHC',
    find: rohcPacketInto,
    remedy:
      'ROHC packets stand behind EtherType 0x22f1 or in captures of link type RAW, as rohc compress writes them',
  },
} as const;

/** With what it takes to read what is whole all the same. */
const withRemedy = (error: Tagged, input: string, records: number): Tagged => {
  const what = input === '-' ? 'standard input' : input;
  const message = `${what}: ${error.message}`;
  if (error.remedy !== undefined) return { ...error, message };
  switch (error._tag) {
    case 'Truncated':
      return {
        ...error,
        message,
        remedy:
          records > 0
            ? `the ${records} records before it are whole: read them with --limit ${records}`
            : 'capture it again or copy it whole',
      };
    case 'Decode':
    case 'Unsupported':
      return { ...error, message, remedy: 'give a pcap or pcapng capture, plain or gzipped' };
    case 'NotFound':
      return { ...error, message: `${what} does not exist`, remedy: 'check the path' };
    default:
      return 'code' in error && error.code === 'EISDIR'
        ? { ...error, message: `${what} is a directory`, remedy: 'give a capture file' }
        : { ...error, message };
  }
};

/** Calls `visit` for each packet of the kind in the capture. Left: why the pass ended early. */
export const visitPackets = async (
  session: Session,
  input: string,
  kind: 'ip' | 'rohc',
  limit: number,
  visit: PacketVisitor,
): Promise<E.Either<Tagged, PacketCounts>> => {
  const { interrupted, unread } = session.process;
  const { name, find, remedy } = KINDS[kind];
  const enough = new AbortController();
  const span = createIpSpan();
  const counts = { records: 0, packets: 0, skipped: 0, cut: 0 };
  let bytes = 0;
  let failure: Tagged | undefined;
  let filled: Uint8Array | undefined;
  let nanoseconds = false;
  const packet: CapturedPacket = {
    bytes: new Uint8Array(0),
    start: 0,
    end: 0,
    missing: 0,
    linkType: 0,
    nanoseconds: false,
    record: undefined as unknown as CaptureRecordView,
  };
  const stop = (error: Tagged | undefined): void => {
    failure ??= error;
    enough.abort();
  };
  /** Fills in `packet`; whether the record holds one. */
  const findPacket = (record: CaptureRecordView): boolean => {
    const length = find(record.linkType, record.bytes, record.start, record.length, span);
    if (length === FRAME_UNSUPPORTED) {
      stop(withRemedy(frameErrorOf(length, record.linkType, span), input, counts.records));
      return false;
    }
    if (length <= 0) return false;
    const cut = kind === 'ip' ? span.missing : Math.max(0, record.originalLength - record.length);
    if (length + cut > FILLED_MAX && cut > 0) return false;
    packet.bytes = record.bytes;
    packet.start = span.offset;
    packet.end = span.offset + length;
    packet.missing = cut;
    packet.linkType = record.linkType;
    packet.nanoseconds = nanoseconds;
    packet.record = record;
    if (cut > 0) {
      counts.cut++;
      filled ??= new Uint8Array(FILLED_MAX);
      filled.set(record.bytes.subarray(packet.start, packet.end));
      filled.fill(0, length, length + cut);
      packet.bytes = filled;
      packet.start = 0;
      packet.end = length + cut;
    }
    return true;
  };
  const done = await visitCapture(
    session.source(input),
    (step, reader) => {
      if (step === 'interface') {
        nanoseconds ||= (reader.interfaces.at(-1)?.unitsPerSecond ?? 0n) > 1_000_000n;
      }
      if (step !== 'record' || enough.signal.aborted) return;
      const { record } = reader;
      counts.records++;
      bytes += record.length;
      if (findPacket(record)) {
        counts.packets++;
        const result = visit(packet);
        if (result instanceof Promise) {
          return result.then((error) => {
            if (error !== undefined) stop(error);
            else if (counts.records >= limit) stop(undefined);
          });
        }
        if (result !== undefined) stop(result);
      } else counts.skipped++;
      if (counts.records >= limit) stop(undefined);
      // the clock is not asked for each packet
      if ((counts.records & 0x3ff) === 0) {
        session.progress(() => ({ packets: counts.packets, bytes }));
      }
    },
    { signal: AbortSignal.any([interrupted, unread, enough.signal]) },
  )();
  session.progress(() => ({ packets: counts.packets, bytes }), true);
  if (failure !== undefined) return E.left(failure);
  if (E.isLeft(done) && !enough.signal.aborted) {
    return E.left(withRemedy(done.left, input, counts.records));
  }
  if (interrupted.aborted || unread.aborted) return E.left({ _tag: 'Aborted', message: 'aborted' });
  if (counts.records > 0 && counts.packets === 0) {
    const message = `none of the ${counts.records} records holds an ${name} packet`;
    return E.left(
      withRemedy(
        decodeError({
          message: message.replace('an ROHC', 'a ROHC'),
          expected: `${name} packets`,
          actualText: 'none',
          remedy,
        }),
        input,
        counts.records,
      ),
    );
  }
  return E.right(counts);
};
