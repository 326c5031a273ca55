/**
 * The compressor of a channel: finds each packet's flow, gives it a context, and lets its profile write the packet.
 */
import type { Decode } from '@liquid/types';
import { createRng } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { type CompressorConfig, readCompressorConfig } from './config.js';
import { errorOf, type RohcError } from './errors.js';
import { createFeedbackFrame, isFeedback, readFeedbackFrame } from './feedback.js';
import { FORMAT_NUMBERS, formatName, formatNumber, namedCounts } from './format-names.js';
import {
  BAD_CID,
  MALFORMED,
  NO_CONTEXT,
  NOT_ELIGIBLE,
  UNCOMPRESSIBLE,
  EXPIRED,
} from './internal/codes.js';
import { createFlowTable, flowHash, hostsHash } from './internal/flow-table.js';
import { createHeaderChain, parseHeaderChain } from './internal/header-chain.js';
import type { CompressorContext } from './internal/profile.js';
import { IpCompressorContext } from './profiles/ip/index.js';
import {
  createTcpCompressorScratch,
  EXPANSION_MAX,
  TcpCompressorContext,
  type TcpCompressorSnapshot,
} from './profiles/tcp/compressor.js';
import { UncompressedCompressorContext } from './profiles/uncompressed.js';
import type { CompressorStats } from './statistics.js';

/**
 * Most octets by which a compressed packet can exceed the original: `compressInto` wants this much room beyond it.
 *
 * @since 0.1.0
 */
export const COMPRESSED_EXPANSION_MAX = EXPANSION_MAX;

/**
 * A compressed packet and how it was sent.
 *
 * @since 0.1.0
 */
export interface Compressed {
  /** The ROHC packet: CID, header and payload. A copy of your own. */
  readonly packet: Uint8Array;
  readonly cid: number;
  /** 0x0006 for TCP, 0x0004 for other IP, 0x0000 for what is not compressed. */
  readonly profile: number;
  /** The packet format by the RFC's name, such as `seq_4`. */
  readonly format: string;
}

declare const snapshotBrand: unique symbol;

/**
 * A point to roll a context back to; made by {@link Compressor.snapshot}, good any number of times while the context
 * lives.
 *
 * @since 0.1.0
 */
export interface CompressorSnapshot {
  readonly [snapshotBrand]: 'compressor';
  readonly cid: number;
}

/**
 * The compressing end of one ROHC channel.
 *
 * Packets are IP packets from the first octet of the outermost IP header on. Functions that end in `Into` and those
 * that return numbers allocate nothing; a negative number is explained by {@link errorOf}.
 *
 * @since 0.1.0
 */
export interface Compressor {
  readonly config: CompressorConfig;
  /** Compresses one packet into a new array. */
  readonly compress: (packet: Uint8Array) => E.Either<RohcError, Compressed>;
  /**
   * Compresses `packet[start, end)` into `out` from `at` on and returns the number of octets, or a negative code with
   * all contexts as before. `out` needs {@link COMPRESSED_EXPANSION_MAX} octets more than the packet has.
   */
  readonly compressInto: (
    packet: Uint8Array,
    out: Uint8Array,
    at?: number,
    start?: number,
    end?: number,
  ) => number;
  /**
   * As {@link Compressor.compressInto}, under a CID of the caller's choice and with profile 0x0006 or not at all: a
   * packet of another flow than the CID's takes the context over. For protocols that derive the CID from the flow.
   */
  readonly compressAsInto: (
    cid: number,
    packet: Uint8Array,
    out: Uint8Array,
    at?: number,
    start?: number,
    end?: number,
  ) => number;
  /**
   * Makes `cid`'s context from a TCP packet that both ends have seen uncompressed, its master sequence number set to
   * `msn`: the next packet of the flow goes out as a CO packet at once, no IR before it. The decompressor must
   * {@link Decompressor.adopt} the same packet.
   */
  readonly adopt: (cid: number, packet: Uint8Array, msn: number) => E.Either<RohcError, void>;
  /** Sets the master sequence number that the next packet of a TCP context carries. */
  readonly setMsn: (cid: number, msn: number) => E.Either<RohcError, void>;
  /** Master sequence number of a TCP context's last packet, or -1 where there is no such context. */
  readonly msnOf: (cid: number) => number;
  /** Remembers a TCP context as it is now: constant time, whatever the flow's past. */
  readonly snapshot: (cid: number) => E.Either<RohcError, CompressorSnapshot>;
  /** Puts a context back to a snapshot, as if the packets since had never been compressed. */
  readonly restore: (snapshot: CompressorSnapshot) => E.Either<RohcError, void>;
  /** Forgets a context; its CID is free again. */
  readonly release: (cid: number) => void;
  /**
   * Takes feedback elements `[start, end)`, one or more, as the peer's `takeFeedback` or a packet's piggybacked
   * feedback gives them. Returns the number of elements applied; elements that are damaged, against the RFC or for
   * unknown contexts are counted and skipped.
   */
  readonly feedback: (elements: Uint8Array, start?: number, end?: number) => number;
  /** CID of the packet last compressed; -1 before the first. */
  readonly lastCid: () => number;
  /** Profile of the packet last compressed; -1 before the first. */
  readonly lastProfile: () => number;
  /** Format number of the packet last compressed, which {@link formatName} names; -1 before the first. */
  readonly lastFormat: () => number;
  /** Counters since the creation, as a snapshot. */
  readonly stats: () => CompressorStats;
}

interface OwnedSnapshot extends CompressorSnapshot {
  readonly saved: TcpCompressorSnapshot;
}

/**
 * Creates a compressor; every field of the configuration has a default, wrong ones are a `Decode` error that names the
 * field.
 *
 * Memory: about 3.5 kB a flow with the default window, at most `maxCid + 1` flows; then the flow that was silent
 * longest gives its CID up.
 *
 * @example
 * ```ts
 * import { createCompressor } from '@liquid/rohc'
 * import * as E from 'fp-ts/lib/Either.js'
 *
 * const compressor = createCompressor({ cids: 'large', window: 8 })
 * console.log(E.isRight(compressor)) // true
 * ```
 * @since 0.1.0
 */
export const createCompressor = (
  config: Partial<CompressorConfig> = {},
): E.Either<Decode, Compressor> => E.map(build)(readCompressorConfig(config));

const PACKETS = 0;
const BYTES_IN = 1;
const BYTES_OUT = 2;
const PAYLOAD_BYTES = 3;
const TOTALS = 4;

/** Whether the decompressor said that it will not, or can't, follow this context. */
const refused = (context: CompressorContext): boolean =>
  context instanceof TcpCompressorContext && (context.rejected || context.tooLarge);

const build = (config: CompressorConfig): Compressor => {
  const large = config.cids === 'large';
  // fewer references than repetitions would undo what these promise
  const window = Math.max(config.window, config.repetitions);
  const tcpEnabled = config.profiles.includes(0x0006);
  const ipEnabled = config.profiles.includes(0x0004);
  const rng = createRng(config.seed);
  const chain = createHeaderChain();
  const scratch = createTcpCompressorScratch();
  const frame = createFeedbackFrame();
  const contexts: (CompressorContext | undefined)[] = [];
  const flows = createFlowTable(config.maxCid + 1);
  /** Last TCP context by the hosts it runs between: base for replication. */
  const byHosts = new Map<number, number>();
  const hostsOf: number[] = [];
  const formats = new Float64Array(FORMAT_NUMBERS);
  const failures = new Map<number, number>();
  /** Counters in a typed array: a variable would turn into a heap number, one for each increment, beyond 2^30. */
  const totals = new Float64Array(TOTALS);
  let applied = 0;
  let discarded = 0;
  let latest: CompressorContext | undefined;

  const fail = (code: number): number => {
    failures.set(code, (failures.get(code) ?? 0) + 1);
    return code;
  };

  const count = (context: CompressorContext, length: number): number => {
    const original = chain.end - chain.start;
    // only TCP has a payload whose place is known: elsewhere the packet counts as a whole
    const payload = context.profile === 0x0006 ? chain.payloadLength : 0;
    totals[PACKETS] = (totals[PACKETS] as number) + 1;
    totals[BYTES_IN] = (totals[BYTES_IN] as number) + original;
    totals[BYTES_OUT] = (totals[BYTES_OUT] as number) + length;
    totals[PAYLOAD_BYTES] = (totals[PAYLOAD_BYTES] as number) + payload;
    const number = formatNumber(context.profile, context.lastFormat);
    formats[number] = (formats[number] as number) + 1;
    latest = context;
    return length;
  };

  const drop = (cid: number): void => {
    const context = contexts[cid];
    if (context === undefined) return;
    if (context instanceof TcpCompressorContext) context.live = false;
    contexts[cid] = undefined;
    if (latest === context) latest = undefined;
    const hosts = hostsOf[cid] ?? 0;
    if (byHosts.get(hosts) === cid) byHosts.delete(hosts);
    flows.remove(cid);
  };

  const newTcp = (cid: number): TcpCompressorContext => {
    const before = contexts[cid];
    // the MSN of a CID goes on from flow to flow (RFC 6846 section 6.1.1)
    const msn =
      before instanceof TcpCompressorContext ? (before.msn + 1) & 0xffff : rng.uint32() & 0xffff;
    return new TcpCompressorContext({
      cid,
      large,
      scratch,
      window,
      repetitions: config.repetitions,
      refreshIr: config.refreshIr,
      refreshFo: config.refreshFo,
      msn,
      elideChecksum: config.elideTcpChecksum,
      successor: before?.profile === 0x0006,
    });
  };

  /** Puts a new context in place of what stood under its CID. */
  const install = (context: CompressorContext, hash: number): void => {
    drop(context.cid);
    contexts[context.cid] = context;
    flows.add(context.cid, hash);
  };

  /** The flow's context among those whose hash agrees, or undefined. */
  const find = (
    profile: number,
    packet: Uint8Array,
    hash: number,
  ): CompressorContext | undefined => {
    for (let cid = flows.first(hash); cid >= 0; cid = flows.next(cid)) {
      const context = contexts[cid];
      if (context?.profile === profile && context.matches(packet, chain)) return context;
    }
    return undefined;
  };

  const compressTcp = (packet: Uint8Array, out: Uint8Array, at: number): number => {
    const hash = flowHash(packet, chain);
    const known = find(0x0006, packet, hash);
    if (known !== undefined) {
      if (refused(known)) return UNCOMPRESSIBLE;
      flows.touch(known.cid);
      const length = known.compress(packet, chain, out, at);
      return length < 0 ? length : count(known, length);
    }
    const context = newTcp(flows.free());
    const hosts = hostsHash(packet, chain);
    if (config.replication) {
      const base = contexts[byHosts.get(hosts) ?? -1];
      if (base instanceof TcpCompressorContext && base.cid !== context.cid) context.replicate(base);
    }
    const length = context.compress(packet, chain, out, at);
    if (length < 0) return length;
    install(context, hash);
    if (config.replication) {
      byHosts.set(hosts, context.cid);
      hostsOf[context.cid] = hosts;
    }
    return count(context, length);
  };

  const compressOther = (packet: Uint8Array, out: Uint8Array, at: number): number => {
    // a decompressor that refused a flow wants no smaller context for it either (RFC 6846 section 8.3.2.1)
    const flow =
      chain.tcp && tcpEnabled ? find(0x0006, packet, flowHash(packet, chain)) : undefined;
    const stopped = flow instanceof TcpCompressorContext && flow.rejected;
    if (ipEnabled && !stopped) {
      const hash = hostsHash(packet, chain);
      const known = find(0x0004, packet, hash);
      const context =
        known ??
        new IpCompressorContext({
          cid: flows.free(),
          large,
          windowWidth: window,
          repetitions: config.repetitions,
          refreshIr: config.refreshIr,
          refreshFo: config.refreshFo,
          sn: rng.uint32() & 0xffff,
        });
      if (context.matches(packet, chain)) {
        const length = context.compress(packet, chain, out, at);
        if (length >= 0) {
          if (known === undefined) install(context, hash);
          else flows.touch(known.cid);
          return count(context, length);
        }
        if (length !== NOT_ELIGIBLE && length !== UNCOMPRESSIBLE) return length;
      }
    }
    const known = find(0x0000, packet, 0);
    const context =
      known ??
      new UncompressedCompressorContext({
        cid: flows.free(),
        large,
        repetitions: config.repetitions,
        refreshIr: config.refreshIr,
      });
    const length = context.compress(packet, chain, out, at);
    if (length < 0) return length;
    if (known === undefined) install(context, 0);
    else flows.touch(known.cid);
    return count(context, length);
  };

  const compressInto = (
    packet: Uint8Array,
    out: Uint8Array,
    at = 0,
    start = 0,
    end = packet.length,
  ): number => {
    parseHeaderChain(packet, start, end, chain);
    if (chain.tcp && tcpEnabled) {
      // one flow after another is rare: try the last one before any look-up
      const last = latest;
      if (
        last !== undefined &&
        last.profile === 0x0006 &&
        last.matches(packet, chain) &&
        !refused(last)
      ) {
        const length = last.compress(packet, chain, out, at);
        if (length >= 0) return count(last, length);
        if (length !== UNCOMPRESSIBLE) return fail(length);
      } else {
        const length = compressTcp(packet, out, at);
        if (length >= 0) return length;
        if (length !== UNCOMPRESSIBLE) return fail(length);
      }
    }
    if (config.elideTcpChecksum) return fail(NOT_ELIGIBLE);
    const length = compressOther(packet, out, at);
    return length < 0 ? fail(length) : length;
  };

  const tcpAt = (cid: number): TcpCompressorContext | undefined => {
    const context = contexts[cid];
    return context instanceof TcpCompressorContext ? context : undefined;
  };

  return {
    config,
    compress: (packet) => {
      const out = new Uint8Array(packet.length + EXPANSION_MAX);
      const length = compressInto(packet, out);
      if (length < 0 || latest === undefined) return E.left(errorOf(length, packet.length));
      return E.right({
        packet: out.slice(0, length),
        cid: latest.cid,
        profile: latest.profile,
        format: formatName(latest.profile, latest.lastFormat),
      });
    },
    compressInto,
    compressAsInto: (cid, packet, out, at = 0, start = 0, end = packet.length) => {
      if (!Number.isInteger(cid) || cid < 0 || cid > config.maxCid) return fail(BAD_CID);
      parseHeaderChain(packet, start, end, chain);
      if (!chain.tcp) return fail(NOT_ELIGIBLE);
      const known = tcpAt(cid);
      if (known?.matches(packet, chain) === true) {
        if (refused(known)) return fail(NOT_ELIGIBLE);
        flows.touch(cid);
        const length = known.compress(packet, chain, out, at);
        return length < 0
          ? fail(length === UNCOMPRESSIBLE ? NOT_ELIGIBLE : length)
          : count(known, length);
      }
      const context = newTcp(cid);
      const length = context.compress(packet, chain, out, at);
      if (length < 0) return fail(length === UNCOMPRESSIBLE ? NOT_ELIGIBLE : length);
      install(context, flowHash(packet, chain));
      return count(context, length);
    },
    adopt: (cid, packet, msn) => {
      if (!Number.isInteger(cid) || cid < 0 || cid > config.maxCid) return E.left(errorOf(BAD_CID));
      parseHeaderChain(packet, 0, packet.length, chain);
      if (!chain.tcp) return E.left(errorOf(NOT_ELIGIBLE, packet.length));
      const context = newTcp(cid);
      const code = context.adopt(packet, chain, msn & 0xffff);
      if (code < 0) return E.left(errorOf(code, packet.length));
      install(context, flowHash(packet, chain));
      return E.right(undefined);
    },
    setMsn: (cid, msn) => {
      const context = tcpAt(cid);
      if (context === undefined) return E.left(errorOf(NO_CONTEXT));
      context.msn = (msn - 1) & 0xffff;
      context.msnSet = true;
      return E.right(undefined);
    },
    msnOf: (cid) => tcpAt(cid)?.msn ?? -1,
    snapshot: (cid) => {
      const context = tcpAt(cid);
      if (context === undefined) return E.left(errorOf(NO_CONTEXT));
      const snapshot: Omit<OwnedSnapshot, typeof snapshotBrand> = { cid, saved: context.save() };
      return E.right(snapshot as OwnedSnapshot);
    },
    restore: (snapshot) => {
      const { saved } = snapshot as OwnedSnapshot;
      const context = tcpAt(snapshot.cid);
      if (context === undefined || saved.owner !== context) return E.left(errorOf(EXPIRED));
      context.restore(saved);
      return E.right(undefined);
    },
    release: drop,
    feedback: (elements, start = 0, end = elements.length) => {
      let at = start;
      let good = 0;
      while (at < end) {
        if (!isFeedback(elements[at] as number)) {
          discarded++;
          fail(MALFORMED);
          break;
        }
        const next = readFeedbackFrame(elements, at, end, large, frame);
        if (next < 0) {
          discarded++;
          fail(next);
          break;
        }
        const context = contexts[frame.cid];
        const code =
          context === undefined ? NO_CONTEXT : context.feedback(elements, frame.data, frame.end);
        if (code < 0) {
          discarded++;
          fail(code);
        } else {
          applied++;
          good++;
        }
        at = next;
      }
      return good;
    },
    lastCid: () => latest?.cid ?? -1,
    lastProfile: () => latest?.profile ?? -1,
    lastFormat: () => latest?.lastFormat ?? -1,
    stats: () => ({
      packets: totals[PACKETS] as number,
      bytesIn: totals[BYTES_IN] as number,
      bytesOut: totals[BYTES_OUT] as number,
      headerBytesIn: (totals[BYTES_IN] as number) - (totals[PAYLOAD_BYTES] as number),
      headerBytesOut: (totals[BYTES_OUT] as number) - (totals[PAYLOAD_BYTES] as number),
      contexts: flows.size(),
      formats: namedCounts(formats),
      failures: namedFailures(failures),
      feedback: { applied, discarded },
      steps: chain.steps + scratch.options.steps,
    }),
  };
};

/** Failure counts by error tag. */
export const namedFailures = (
  failures: ReadonlyMap<number, number>,
): { readonly [tag: string]: number } => {
  const named: Record<string, number> = {};
  for (const [code, count] of failures) {
    const tag = errorOf(code)._tag;
    named[tag] = (named[tag] ?? 0) + count;
  }
  return named;
};
