/**
 * The decompressor of a channel: takes packets apart into padding, feedback, CID and header, and lets the context's
 * profile rebuild the original.
 */
import type { Decode } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { namedFailures } from './compressor.js';
import { type DecompressorConfig, readDecompressorConfig } from './config.js';
import { errorOf, type RohcError } from './errors.js';
import {
  createFeedbackFrame,
  createFeedbackRecord,
  FEEDBACK_ACK,
  FEEDBACK_NACK,
  FEEDBACK_STATIC_NACK,
  isFeedback,
  MODE_OPTIMISTIC,
  readFeedbackFrame,
  writeFeedback1,
  writeFeedback2,
} from './feedback.js';
import { FORMAT_NUMBERS, formatName, formatNumber, namedCounts } from './format-names.js';
import {
  BAD_CID,
  BAD_CRC,
  DAMAGED,
  EXPIRED,
  MALFORMED,
  NO_CONTEXT,
  NOT_ELIGIBLE,
  SEGMENT,
  TRUNCATED,
  UNSUPPORTED_PROFILE,
} from './internal/codes.js';
import { shareContexts } from './internal/context-access.js';
import { createHeaderChain, parseHeaderChain } from './internal/header-chain.js';
import type { DecompressorContext } from './internal/profile.js';
import { IpDecompressorContext } from './profiles/ip/index.js';
import {
  TcpDecompressorContext,
  type TcpDecompressorSnapshot,
} from './profiles/tcp/decompressor.js';
import { createParsedOptions } from './profiles/tcp/options-parse.js';
import { createTcpScratch } from './profiles/tcp/scratch.js';
import { UncompressedDecompressorContext } from './profiles/uncompressed.js';
import { readSdvl, sdvlLengthOf } from './sdvl.js';
import type { DecompressorStats } from './statistics.js';

/** Largest packet that a header can describe: an IPv6 header and 65,535 octets behind it. */
const PACKET_MAX = 65535 + 40;

/**
 * What came out of one ROHC packet.
 *
 * @since 0.1.0
 */
export interface Decompressed {
  /** The original packet, or undefined for a packet that held feedback or padding only. A copy of your own. */
  readonly packet: Uint8Array | undefined;
  readonly cid: number;
  readonly profile: number;
  /** The packet format by the RFC's name; empty where there was no header. */
  readonly format: string;
  /** Feedback elements found in front of the header: for the compressor of the opposite direction. Copies. */
  readonly feedback: readonly Uint8Array[];
}

declare const snapshotBrand: unique symbol;

/**
 * A point to roll a context back to; made by {@link Decompressor.snapshot}.
 *
 * @since 0.1.0
 */
export interface DecompressorSnapshot {
  readonly [snapshotBrand]: 'decompressor';
  readonly cid: number;
}

interface OwnedSnapshot extends DecompressorSnapshot {
  readonly saved: TcpDecompressorSnapshot;
}

/**
 * Receives each feedback element found in a packet: octets `[from, to)` of `packet`, borrowed for the call.
 *
 * @since 0.1.0
 */
export type FeedbackSink = (packet: Uint8Array, from: number, to: number) => void;

/**
 * The decompressing end of one ROHC channel.
 *
 * Nothing is delivered unless its CRC matches, and a packet that failed leaves its context's contents as they were.
 * Functions that end in `Into` and those that return numbers allocate nothing per packet.
 *
 * @since 0.1.0
 */
export interface Decompressor {
  readonly config: DecompressorConfig;
  /** Decompresses one ROHC packet into a new array. */
  readonly decompress: (packet: Uint8Array) => E.Either<RohcError, Decompressed>;
  /**
   * Decompresses `packet[start, end)` into `out` from `at` on. Returns the original's length, 0 for a packet without
   * one (feedback, padding), or a negative code that {@link errorOf} explains; `out` may be scribbled on then.
   */
  readonly decompressInto: (
    packet: Uint8Array,
    out: Uint8Array,
    at?: number,
    start?: number,
    end?: number,
  ) => number;
  /** Sets who receives the feedback found in packets: usually the opposite direction's compressor. */
  readonly onFeedback: (sink: FeedbackSink | undefined) => void;
  /** The feedback elements that wait to be sent to the peer's compressor, oldest first; they wait no longer. */
  readonly takeFeedback: () => readonly Uint8Array[];
  /**
   * Writes waiting feedback elements to `out` from `at` on, as many as fit, ready to stand in front of a ROHC packet of
   * the opposite direction or alone. Returns the number of octets.
   */
  readonly takeFeedbackInto: (out: Uint8Array, at?: number) => number;
  /**
   * Makes `cid`'s context from a TCP packet that both ends have seen uncompressed: the other half of
   * {@link Compressor.adopt}.
   */
  readonly adopt: (cid: number, packet: Uint8Array, msn: number) => E.Either<RohcError, void>;
  /** Master sequence number of a TCP context's reference packet, or -1 where there is none. */
  readonly msnOf: (cid: number) => number;
  /** Remembers a TCP context as it is now, in constant time. */
  readonly snapshot: (cid: number) => E.Either<RohcError, DecompressorSnapshot>;
  /** Puts a context back to a snapshot, as if the packets since had never come. */
  readonly restore: (snapshot: DecompressorSnapshot) => E.Either<RohcError, void>;
  /** Forgets a context. */
  readonly release: (cid: number) => void;
  /** CID of the packet last delivered; -1 before the first. */
  readonly lastCid: () => number;
  /** Profile of the packet last delivered; -1 before the first. */
  readonly lastProfile: () => number;
  /** Format number of the packet last delivered, which {@link formatName} names; -1 before the first. */
  readonly lastFormat: () => number;
  /** Counters since the creation, as a snapshot. */
  readonly stats: () => DecompressorStats;
}

/**
 * Creates a decompressor; every field of the configuration has a default, wrong ones are a `Decode` error.
 *
 * Memory: about 2.5 kB a flow, at most `maxCid + 1` flows; a hostile stream can't make it grow beyond that.
 *
 * @example
 * ```ts
 * import { createCompressor, createDecompressor } from '@liquid/rohc'
 * import { pipe } from 'fp-ts/lib/function.js'
 * import * as E from 'fp-ts/lib/Either.js'
 *
 * const packet = Uint8Array.of(0x60, 0, 0, 0, 0, 4, 59, 64, ...new Uint8Array(32), 1, 2, 3, 4)
 * const back = pipe(
 *   E.Do,
 *   E.bind('compressor', () => createCompressor()),
 *   E.bind('decompressor', () => createDecompressor()),
 *   E.bindW('sent', ({ compressor }) => compressor.compress(packet)),
 *   E.chainW(({ decompressor, sent }) => decompressor.decompress(sent.packet))
 * )
 * console.log(E.isRight(back) && back.right.packet?.length) // 44
 * ```
 * @since 0.1.0
 */
export const createDecompressor = (
  config: Partial<DecompressorConfig> = {},
): E.Either<Decode, Decompressor> => E.map(build)(readDecompressorConfig(config));

const PACKETS = 0;
const DELIVERED = 1;
const BYTES_IN = 2;
const BYTES_OUT = 3;
const RECEIVED = 4;
const STEPS = 5;
const TOTALS = 6;

const build = (config: DecompressorConfig): Decompressor => {
  const large = config.cids === 'large';
  const tcpEnabled = config.profiles.includes(0x0006);
  const ipEnabled = config.profiles.includes(0x0004);
  const scratch = createTcpScratch();
  const frame = createFeedbackFrame();
  const feedbackRecord = createFeedbackRecord();
  const contexts: (DecompressorContext | undefined)[] = [];
  /** Packets since the last acknowledgement, and failed packets since the last negative one, by CID. */
  const sinceAck: number[] = [];
  const sinceNack: number[] = [];
  /** Whether the last negative acknowledgement, by CID, spoke of the static part. */
  const staticNacked: boolean[] = [];
  const formats = new Float64Array(FORMAT_NUMBERS);
  const failures = new Map<number, number>();
  const queue = createFeedbackQueue(config.feedbackQueue);
  let sink: FeedbackSink | undefined;
  /** Counters in a typed array: a variable would turn into a heap number, one for each increment, beyond 2^30. */
  const totals = new Float64Array(TOTALS);
  let latest: DecompressorContext | undefined;
  let live = 0;

  const baseOf = (cid: number): TcpDecompressorContext | undefined => {
    const context = contexts[cid];
    return context instanceof TcpDecompressorContext ? context : undefined;
  };
  const newTcp = (cid: number): TcpDecompressorContext =>
    new TcpDecompressorContext({
      cid,
      large,
      scratch,
      damage: config.damage,
      repair: config.repair,
      base: baseOf,
      elideChecksum: config.elideTcpChecksum,
    });
  const newContext = (profile: number, cid: number): DecompressorContext | undefined => {
    if (profile === 0x06 && tcpEnabled) return newTcp(cid);
    if (profile === 0x04 && ipEnabled) {
      return new IpDecompressorContext({
        cid,
        large,
        damage: config.damage,
        repair: config.repair,
      });
    }
    return profile === 0x00 ? new UncompressedDecompressorContext({ cid, large }) : undefined;
  };
  const install = (context: DecompressorContext): void => {
    if (contexts[context.cid] === undefined) live++;
    contexts[context.cid] = context;
  };

  const drop = (cid: number): void => {
    const context = contexts[cid];
    if (context === undefined) return;
    if (latest === context) latest = undefined;
    contexts[cid] = undefined;
    live--;
  };

  /** Says what happened to a packet of `cid` to the peer, where that is wanted and not said too often. */
  const report = (cid: number, context: DecompressorContext | undefined, code: number): void => {
    if (code >= 0) {
      sinceNack[cid] = 0;
      staticNacked[cid] = false;
      const since = (sinceAck[cid] ?? 0) + 1;
      const due = config.ackInterval > 0 && since >= config.ackInterval;
      if (context !== undefined && (context.significant || due)) {
        sinceAck[cid] = 0;
        queue.add(cid, context.profile, FEEDBACK_ACK, context.msn);
      } else {
        sinceAck[cid] = since;
      }
      return;
    }
    // at the first failure, before damage is assumed as RFC 6846 section 5.3.1.5 has it: one round trip mends all then
    const whole = context === undefined || context.mode === 0;
    // a static part that turns out damaged is news: the answer to the NACK before won't mend it
    const since = whole && staticNacked[cid] !== true ? 0 : (sinceNack[cid] ?? 0);
    sinceNack[cid] = (since + 1) % config.nackInterval;
    if (since !== 0) return;
    staticNacked[cid] = whole;
    if (whole) {
      queue.add(cid, context?.profile ?? (tcpEnabled ? 0x0006 : 0x0004), FEEDBACK_STATIC_NACK, -1);
    } else {
      queue.add(cid, context.profile, FEEDBACK_NACK, context.msn);
    }
  };

  const run = (
    packet: Uint8Array,
    out: Uint8Array,
    to: number,
    from: number,
    end: number,
  ): number => {
    let at = from;
    // padding and feedback stand in front, in any number (RFC 5795 section 5.2.1)
    while (at < end) {
      totals[STEPS] = (totals[STEPS] as number) + 1;
      const octet = packet[at] as number;
      if (octet === 0xe0) {
        at++;
      } else if (isFeedback(octet)) {
        const next = readFeedbackFrame(packet, at, end, large, frame);
        if (next < 0) return next;
        totals[RECEIVED] = (totals[RECEIVED] as number) + 1;
        if (sink !== undefined) sink(packet, at, next);
        at = next;
      } else {
        break;
      }
    }
    if (at >= end) return 0;
    const start = at;
    let cid = 0;
    if (!large && ((packet[at] as number) & 0xf0) === 0xe0) {
      cid = (packet[at] as number) & 15;
      at++;
      if (at >= end) return TRUNCATED;
    }
    const first = packet[at++] as number;
    if (first >= 0xfe) return SEGMENT;
    if (large) {
      cid = readSdvl(packet, at, end);
      if (cid < 0) return TRUNCATED;
      at += sdvlLengthOf(packet[at] as number);
    }
    if (cid > config.maxCid) return BAD_CID;
    const known = contexts[cid];
    if (first === 0xfd || first === 0xfc || first === 0xf8) {
      if (at >= end) return TRUNCATED;
      const profile = packet[at++] as number;
      const fits = known?.profile === profile;
      const context = fits ? known : newContext(profile, cid);
      if (context === undefined) {
        // the CID now belongs to a flow that can't be followed: its packets must not meet the old context
        drop(cid);
        return UNSUPPORTED_PROFILE;
      }
      const code = context.decompressIr(packet, start, first, at, end, out, to);
      // a context of another profile goes only once its successor stands
      if (code >= 0) {
        if (!fits) install(context);
        latest = context;
      }
      if (config.feedback) report(cid, fits || code >= 0 ? context : known, code);
      return code;
    }
    if (known === undefined) {
      if (config.feedback) report(cid, undefined, NO_CONTEXT);
      return NO_CONTEXT;
    }
    const code = known.decompressCo(packet, first, at, end, out, to);
    if (code >= 0) latest = known;
    if (
      config.feedback &&
      (code >= 0 ||
        code === BAD_CRC ||
        code === DAMAGED ||
        code === NO_CONTEXT ||
        code === MALFORMED ||
        code === TRUNCATED)
    ) {
      report(cid, known, code);
    }
    return code;
  };

  const decompressInto = (
    packet: Uint8Array,
    out: Uint8Array,
    to = 0,
    from = 0,
    end = packet.length,
  ): number => {
    totals[PACKETS] = (totals[PACKETS] as number) + 1;
    totals[BYTES_IN] = (totals[BYTES_IN] as number) + end - from;
    const code = run(packet, out, to, from, end);
    if (code > 0) {
      totals[DELIVERED] = (totals[DELIVERED] as number) + 1;
      totals[BYTES_OUT] = (totals[BYTES_OUT] as number) + code;
      // latest is set whenever a packet was delivered
      const context = latest as DecompressorContext;
      const number = formatNumber(context.profile, context.lastFormat);
      formats[number] = (formats[number] as number) + 1;
    } else if (code < 0) {
      failures.set(code, (failures.get(code) ?? 0) + 1);
    }
    return code;
  };

  const writeQueued = (out: Uint8Array, at: number): number => {
    const profile = queue.profile();
    if (profile === 0x0000) return writeFeedback1(out, at, queue.cid(), large, 0);
    const msn = queue.msn();
    feedbackRecord.ackType = queue.type();
    feedbackRecord.mode = MODE_OPTIMISTIC;
    feedbackRecord.snValid = msn >= 0;
    feedbackRecord.sn = msn < 0 ? 0 : profile === 0x0006 ? msn & 0x3fff : msn & 0xfff;
    feedbackRecord.snBits = profile === 0x0006 ? 14 : 12;
    return writeFeedback2(profile, out, at, queue.cid(), large, feedbackRecord);
  };

  const scratchPacket = new Uint8Array(PACKET_MAX);

  const decompressor: Decompressor = {
    config,
    decompress: (packet) => {
      const feedback: Uint8Array[] = [];
      const before = sink;
      sink = (bytes, from, to) => {
        feedback.push(bytes.slice(from, to));
        before?.(bytes, from, to);
      };
      const length = decompressInto(packet, scratchPacket);
      sink = before;
      if (length < 0) return E.left(errorOf(length, packet.length));
      if (length === 0 || latest === undefined) {
        return E.right({ packet: undefined, cid: -1, profile: -1, format: '', feedback });
      }
      return E.right({
        packet: scratchPacket.slice(0, length),
        cid: latest.cid,
        profile: latest.profile,
        format: formatName(latest.profile, latest.lastFormat),
        feedback,
      });
    },
    decompressInto,
    onFeedback: (next) => {
      sink = next;
    },
    takeFeedback: () => {
      const elements: Uint8Array[] = [];
      const out = new Uint8Array(16);
      while (queue.size() > 0) {
        const length = writeQueued(out, 0);
        if (length > 0) elements.push(out.slice(0, length));
        queue.shift();
      }
      return elements;
    },
    takeFeedbackInto: (out, at = 0) => {
      let to = at;
      while (queue.size() > 0) {
        const length = writeQueued(out, to);
        if (length < 0) break;
        to += length;
        queue.shift();
      }
      return to - at;
    },
    adopt: (cid, packet, msn) => {
      if (!Number.isInteger(cid) || cid < 0 || cid > config.maxCid) return E.left(errorOf(BAD_CID));
      const chain = createHeaderChain();
      parseHeaderChain(packet, 0, packet.length, chain);
      if (!chain.tcp) return E.left(errorOf(NOT_ELIGIBLE, packet.length));
      const context = newTcp(cid);
      const code = context.adopt(packet, chain, createParsedOptions(), msn & 0xffff);
      if (code < 0) return E.left(errorOf(code, packet.length));
      install(context);
      return E.right(undefined);
    },
    msnOf: (cid) => baseOf(cid)?.msn ?? -1,
    snapshot: (cid) => {
      const context = baseOf(cid);
      if (context === undefined) return E.left(errorOf(NO_CONTEXT));
      const snapshot: Omit<OwnedSnapshot, typeof snapshotBrand> = { cid, saved: context.save() };
      return E.right(snapshot as OwnedSnapshot);
    },
    restore: (snapshot) => {
      const { saved } = snapshot as OwnedSnapshot;
      const context = baseOf(snapshot.cid);
      if (context === undefined || saved.owner !== context) return E.left(errorOf(EXPIRED));
      context.restore(saved);
      return E.right(undefined);
    },
    release: drop,
    lastCid: () => latest?.cid ?? -1,
    lastProfile: () => latest?.profile ?? -1,
    lastFormat: () => latest?.lastFormat ?? -1,
    stats: () => {
      let repairs = 0;
      for (const context of contexts) repairs += context?.repairs ?? 0;
      return {
        packets: totals[PACKETS] as number,
        delivered: totals[DELIVERED] as number,
        bytesIn: totals[BYTES_IN] as number,
        bytesOut: totals[BYTES_OUT] as number,
        contexts: live,
        formats: namedCounts(formats),
        failures: namedFailures(failures),
        repairs,
        feedback: {
          received: totals[RECEIVED] as number,
          produced: queue.produced(),
          dropped: queue.dropped(),
        },
        steps: (totals[STEPS] as number) + scratch.steps,
      };
    },
  };
  return shareContexts(decompressor, (cid) => contexts[cid]);
};

/** A bounded queue of feedback to send, in typed arrays: the oldest leaves when it is full. */
const createFeedbackQueue = (capacity: number) => {
  const entries = new Int32Array(capacity * 4);
  let head = 0;
  let size = 0;
  let produced = 0;
  let dropped = 0;
  const shift = (): void => {
    head = (head + 1) % capacity;
    size--;
  };
  return {
    add: (cid: number, profile: number, type: number, msn: number): void => {
      if (size === capacity) {
        shift();
        dropped++;
      }
      const at = ((head + size) % capacity) * 4;
      entries[at] = cid;
      entries[at + 1] = profile;
      entries[at + 2] = type;
      entries[at + 3] = msn;
      size++;
      produced++;
    },
    shift,
    size: () => size,
    cid: () => entries[head * 4] as number,
    profile: () => entries[head * 4 + 1] as number,
    type: () => entries[head * 4 + 2] as number,
    msn: () => entries[head * 4 + 3] as number,
    produced: () => produced,
    dropped: () => dropped,
  };
};
