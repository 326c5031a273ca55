/** Dissection of ROHC packets: any packet becomes a readable tree whose leaves cover every bit. */
import { type Decode, describeError } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { DecompressorConfig } from '../config.js';
import { createDecompressor, type Decompressed, type Decompressor } from '../decompressor.js';
import type { RohcError } from '../errors.js';
import { createHeaderChain, IPV4, parseHeaderChain } from '../internal/header-chain.js';
import { type Attempt, dissectPacket } from './packet.js';
import type { RohcPacketTree } from './tree.js';
import { type ContextView, viewOf } from './view.js';

export { renderTree } from './render.js';
export {
  leavesOf,
  type RohcNode,
  RohcNodeCodec,
  type RohcOutcome,
  type RohcPacketTree,
  RohcPacketTreeCodec,
} from './tree.js';
export { type ContextView, viewOf } from './view.js';

/**
 * What {@link dissect} is told besides the packet.
 *
 * @since 0.1.0
 */
export interface DissectOptions {
  /** Kind of CIDs of the channel; `small` by default. A packet does not say. */
  readonly cids?: 'small' | 'large';
  /** Contexts as they stood before the packet: `(cid) => viewOf(decompressor, cid)`. None by default. */
  readonly contextOf?: (cid: number) => ContextView | undefined;
  /**
   * Profile of a context of the opposite direction, for feedback; undefined where it is not known. By default feedback
   * is read as the profile says whose CRC matches.
   */
  readonly feedbackProfileOf?: (cid: number) => number | undefined;
  /** Whether pure acknowledgements come without their TCP checksum (not RFC 6846). */
  readonly elideTcpChecksum?: boolean;
  /** Most leaves of a tree; the rest of the packet is one leaf then. 16,384 by default. */
  readonly maxNodes?: number;
}

/** More leaves than the longest header chain has, even with a feedback element in each second octet of a frame. */
const MAX_NODES = 16_384;

const FIRST: Attempt = { previous: false, shift: 0 };

const read = (
  packet: Uint8Array,
  options: DissectOptions,
  attempt: Attempt,
): E.Either<RohcError, RohcPacketTree> => {
  const { contextOf, feedbackProfileOf } = options;
  return dissectPacket(packet, {
    large: options.cids === 'large',
    elided: options.elideTcpChecksum ?? false,
    maxNodes: options.maxNodes ?? MAX_NODES,
    contextOf: (cid) => contextOf?.(cid),
    feedbackProfileOf: (cid) => feedbackProfileOf?.(cid) ?? -1,
    attempt,
  });
};

/**
 * Dissects one ROHC packet, which is borrowed for the call. What can be known without a context is shown without one;
 * with one, every field is, with its value decoded against the context. No CRC over the uncompressed header is checked:
 * a decompressor does that, as {@link createDissector}'s.
 *
 * A packet that breaks off or breaks a rule still gives a tree: up to there, with `problem`, the rest as one leaf
 * `undecoded`. Left: `Unsupported` for another profile than 0x0000, 0x0004 and 0x0006, `Truncated` for no octets at all.
 *
 * Cost: linear in the packet; some hundred objects for a header.
 *
 * @example
 * ```ts
 * import { dissect, renderTree } from '@liquid/rohc'
 * import * as E from 'fp-ts/lib/Either.js'
 *
 * // feedback of a ROHC-TCP context: acknowledges the packet whose MSN ends in 42
 * const tree = dissect(Uint8Array.of(0xf1, 0x2a))
 * if (E.isRight(tree)) console.log(renderTree(tree.right))
 * ```
 * @since 0.1.0
 */
export const dissect = (
  packet: Uint8Array,
  options: DissectOptions = {},
): E.Either<RohcError, RohcPacketTree> => read(packet, options, FIRST);

/**
 * Dissects a stream of ROHC packets: each against the contexts as they stood before it, and with what its own
 * decompressor made of it.
 *
 * @since 0.1.0
 */
export interface Dissector {
  /** The next packet of the channel, in order; borrowed for the call. As {@link dissect}, with an `outcome`. */
  readonly dissect: (packet: Uint8Array) => E.Either<RohcError, RohcPacketTree>;
  /** As {@link Dissector.dissect}, with what was delivered. */
  readonly follow: (packet: Uint8Array) => {
    readonly tree: E.Either<RohcError, RohcPacketTree>;
    readonly decompressed: E.Either<RohcError, Decompressed>;
  };
  /** The decompressor that follows the stream. */
  readonly decompressor: Decompressor;
}

/** Readings in the order of their likelihood: as it stands, late by one, after a loss, both. */
const ATTEMPTS: readonly Attempt[] = [
  FIRST,
  { previous: true, shift: 0 },
  { previous: false, shift: 16 },
  { previous: false, shift: 32 },
];

const u32 = (b: Uint8Array, i: number): number =>
  (((b[i] as number) << 24) |
    ((b[i + 1] as number) << 16) |
    ((b[i + 2] as number) << 8) |
    (b[i + 3] as number)) >>>
  0;

/** Whether the values of a tree are those of the packet that was delivered; `msn` is the context's behind it. */
const agrees = (tree: RohcPacketTree, packet: Uint8Array, msn: number): boolean => {
  if (tree.problem !== undefined) return false;
  if (tree.profile === 4) return (tree.resolved['sn'] ?? msn) === msn;
  const chain = createHeaderChain();
  parseHeaderChain(packet, 0, packet.length, chain);
  const { resolved } = tree;
  const is = (field: string, value: number): boolean =>
    resolved[field] === undefined || resolved[field] === value;
  const ip = chain.offset[chain.innermost] as number;
  if (!chain.tcp || tree.profile !== 6) return true;
  return (
    (chain.kind[chain.innermost] !== IPV4 || is('ip_id', u32(packet, ip + 4) >>> 16)) &&
    is('seq_number', u32(packet, chain.inner + 4)) &&
    is('ack_number', u32(packet, chain.inner + 8)) &&
    is('window', u32(packet, chain.inner + 12) & 0xffff)
  );
};

/**
 * Creates a dissector for one channel; the configuration is a decompressor's, wrong fields are a `Decode` error.
 *
 * @example
 * ```ts
 * import { createCompressor, createDissector, renderTree } from '@liquid/rohc'
 * import * as E from 'fp-ts/lib/Either.js'
 *
 * const compressor = createCompressor()
 * const dissector = createDissector()
 * if (E.isRight(compressor) && E.isRight(dissector)) {
 *   const packet = Uint8Array.of(0x60, 0, 0, 0, 0, 4, 59, 64, ...new Uint8Array(32), 1, 2, 3, 4)
 *   const sent = compressor.right.compress(packet)
 *   const tree = E.isRight(sent) ? dissector.right.dissect(sent.right.packet) : sent
 *   if (E.isRight(tree)) console.log(renderTree(tree.right))
 * }
 * ```
 * @since 0.1.0
 */
export const createDissector = (
  config: Partial<DecompressorConfig> = {},
): E.Either<Decode, Dissector> =>
  E.map((decompressor: Decompressor): Dissector => {
    const follow: Dissector['follow'] = (packet) => {
      // contexts that the packet may refer to, as they stand before it
      const seen = new Map<number, ContextView | undefined>();
      const contextOf = (cid: number): ContextView | undefined => {
        if (!seen.has(cid)) seen.set(cid, viewOf(decompressor, cid));
        return seen.get(cid);
      };
      const { cids, elideTcpChecksum } = decompressor.config;
      const options: DissectOptions = { cids, elideTcpChecksum, contextOf };
      const first = read(packet, options, FIRST);
      const decompressed = decompressor.decompress(packet);
      if (E.isLeft(first)) return { tree: first, decompressed };
      let tree = first.right;
      const delivered = E.isRight(decompressed) ? decompressed.right.packet : undefined;
      if (delivered !== undefined) {
        const msn = viewOf(decompressor, tree.cid)?.msn ?? 0;
        for (const attempt of ATTEMPTS) {
          const again = attempt === FIRST ? first : read(packet, options, attempt);
          if (E.isRight(again) && agrees(again.right, delivered, msn)) {
            tree = again.right;
            break;
          }
        }
      }
      const outcome = {
        delivered: delivered?.length ?? 0,
        ...(E.isLeft(decompressed) ? { error: describeError(decompressed.left) } : undefined),
      };
      return { tree: E.right({ ...tree, outcome }), decompressed };
    };
    return { follow, dissect: (packet) => follow(packet).tree, decompressor };
  })(createDecompressor(config));
