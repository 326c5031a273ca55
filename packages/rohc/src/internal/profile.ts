/**
 * What the channel's compressor and decompressor ask of a profile; each profile implements both contexts.
 */
import type { HeaderChain } from './header-chain.js';

/** A flow's state in the compressor, under one CID and one profile. */
export interface CompressorContext {
  readonly profile: number;
  readonly cid: number;
  /** Whether the packet whose headers were just parsed belongs to this flow: all static fields are equal. */
  readonly matches: (packet: Uint8Array, chain: HeaderChain) => boolean;
  /**
   * Compresses the packet (already known to match) into `out` from `at` on, CID and payload included.
   *
   * Returns the number of octets written, or a negative code; after a negative code the context is as before.
   */
  readonly compress: (
    packet: Uint8Array,
    chain: HeaderChain,
    out: Uint8Array,
    at: number,
  ) => number;
  /** Takes one feedback element's profile-specific octets `[from, to)`: 0 when applied, else a negative code. */
  readonly feedback: (bytes: Uint8Array, from: number, to: number) => number;
  /** Name index of the packet format last written, for the statistics. */
  readonly lastFormat: number;
}

/** A flow's state in the decompressor, under one CID and one profile. */
export interface DecompressorContext {
  readonly profile: number;
  readonly cid: number;
  /**
   * Decodes an IR, IR-CR or IR-DYN packet. `start` is the place of the Add-CID or first octet, `at` that of the CRC-8
   * octet (behind the profile octet), `end` the packet's end; the CRC is not yet checked.
   *
   * Returns the length of the packet written to `out` from `to` on, or a negative code (context unchanged).
   */
  readonly decompressIr: (
    packet: Uint8Array,
    start: number,
    type: number,
    at: number,
    end: number,
    out: Uint8Array,
    to: number,
  ) => number;
  /** Decodes any other packet: `first` is its first octet, `at` the place behind the first octet and the CID. */
  readonly decompressCo: (
    packet: Uint8Array,
    first: number,
    at: number,
    end: number,
    out: Uint8Array,
    to: number,
  ) => number;
  /** Name index of the packet format last decoded, for the statistics. */
  readonly lastFormat: number;
  /** State: 0 no context, 1 static context, 2 full context. */
  readonly mode: number;
  /** (Master) sequence number of the reference packet. */
  readonly msn: number;
  /** Whether the last packet updated so much that an acknowledgement helps the compressor. */
  readonly significant: boolean;
  /** Packets delivered after a repair. */
  readonly repairs: number;
}
