/**
 * The tree that a dissected ROHC packet becomes: plain data whose leaves cover every bit of the packet once, in order.
 */
import { RenderedError } from '@liquid/types';
import * as t from 'io-ts';

/**
 * One part of a packet: a field (a leaf, with `raw`), or a group of parts.
 *
 * @since 0.1.0
 */
export interface RohcNode {
  /** The field's name in its RFC. A field in two pieces says which bits: `seq_number[17:16]`. */
  readonly name: string;
  /** Place in the packet, in bits from its first octet's highest bit. */
  readonly bitOffset: number;
  readonly bitLength: number;
  /** Leaves only: the bits as `0101`, or whole octets as `0x12ab`, long ones cut with `…`. */
  readonly raw?: string;
  /** What the bits stand for: the number decoded against the context, an address, a name. */
  readonly value?: number | string;
  /** What that means, in a few words. */
  readonly meaning?: string;
  /** Where it is defined: `RFC 6846 8.2`. */
  readonly section?: string;
  /** Groups only. */
  readonly children?: readonly RohcNode[];
}

/**
 * What a decompressor made of the packet.
 *
 * @since 0.1.0
 */
export interface RohcOutcome {
  /** Octets of the packet that was delivered; 0 where nothing was or there was nothing to deliver. */
  readonly delivered: number;
  /** Why nothing was delivered. */
  readonly error?: RenderedError;
}

/**
 * A dissected ROHC packet. The leaves of `nodes` tile it: none overlap, none is missing, so their lengths add up to
 * `8 * length`.
 *
 * @since 0.1.0
 */
export interface RohcPacketTree {
  /** Octets of the packet. */
  readonly length: number;
  /** Context identifier, or -1 for a packet without a header (feedback, padding, a segment). */
  readonly cid: number;
  /** Profile number, or -1 where the packet does not say and no context is known. */
  readonly profile: number;
  /** Packet format by its RFC's name; empty where it can't be told. */
  readonly format: string;
  readonly nodes: readonly RohcNode[];
  /**
   * Fields of the uncompressed header that the packet settles, decoded against the context: `msn`, `seq_number`,
   * `ack_number`, `window`, `ip_id`, …
   */
  readonly resolved: { readonly [field: string]: number };
  /** Why the rest of the packet stands in one leaf `undecoded`. */
  readonly problem?: RenderedError;
  /** There when the dissector has a decompressor of its own. */
  readonly outcome?: RohcOutcome;
}

/**
 * Codec of {@link RohcNode}.
 *
 * @since 0.1.0
 */
export const RohcNodeCodec: t.Type<RohcNode> = /* @__PURE__ */ t.recursion('RohcNode', () =>
  t.readonly(
    t.intersection([
      t.type({ name: t.string, bitOffset: t.number, bitLength: t.number }),
      t.partial({
        raw: t.string,
        value: t.union([t.number, t.string]),
        meaning: t.string,
        section: t.string,
        children: t.readonlyArray(RohcNodeCodec),
      }),
    ]),
  ),
) as t.Type<RohcNode>;

/**
 * Codec of {@link RohcPacketTree}, as it goes out as JSON.
 *
 * @since 0.1.0
 */
export const RohcPacketTreeCodec: t.Type<RohcPacketTree> = /* @__PURE__ */ t.readonly(
  t.intersection([
    t.type({
      length: t.number,
      cid: t.number,
      profile: t.number,
      format: t.string,
      nodes: t.readonlyArray(RohcNodeCodec),
      resolved: t.readonly(t.record(t.string, t.number)),
    }),
    t.partial({
      problem: RenderedError,
      outcome: t.readonly(
        t.intersection([t.type({ delivered: t.number }), t.partial({ error: RenderedError })]),
      ),
    }),
  ]),
) as t.Type<RohcPacketTree>;

/**
 * The leaves of a tree in the order of their bits.
 *
 * @since 0.1.0
 */
export const leavesOf = (nodes: readonly RohcNode[]): readonly RohcNode[] =>
  nodes.flatMap((node) => (node.children === undefined ? [node] : leavesOf(node.children)));
