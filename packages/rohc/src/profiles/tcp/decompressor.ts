/**
 * The decompressor's side of one ROHC-TCP flow: states NC, SC and FC, verification, repair and damage detection
 * (RFC 6846 section 5.3).
 */
import { BAD_CRC, MALFORMED, TRUNCATED } from '../../internal/codes.js';
import type { HeaderChain } from '../../internal/header-chain.js';
import type { DecompressorContext } from '../../internal/profile.js';
import { decodeCo } from './decode-co.js';
import { decodeIr } from './decode-ir.js';
import {
  adoptReference,
  restoreDecompressor,
  saveDecompressor,
  type TcpDecompressorSnapshot,
} from './decompressor-hooks.js';
import { countFailure, TcpDecompressorState } from './decompressor-state.js';
import { IR_DYN, isStrong } from './formats.js';
import type { ParsedOptions } from './options-parse.js';

export type { TcpDecompressorSnapshot } from './decompressor-hooks.js';

export class TcpDecompressorContext extends TcpDecompressorState implements DecompressorContext {
  readonly profile = 0x0006;

  /** Whether the last decoded format carried more than a CRC-3: worth a positive feedback. */
  get significant(): boolean {
    const f = this.lastFormat;
    return f <= IR_DYN || isStrong(f);
  }

  decompressIr(
    packet: Uint8Array,
    start: number,
    type: number,
    at: number,
    end: number,
    out: Uint8Array,
    to: number,
  ): number {
    const code = decodeIr(this, packet, start, type, at, end, out, to);
    if (code === BAD_CRC || code === MALFORMED || code === TRUNCATED) countFailure(this, true);
    return code;
  }

  decompressCo(
    packet: Uint8Array,
    first: number,
    at: number,
    end: number,
    out: Uint8Array,
    to: number,
  ): number {
    return decodeCo(this, packet, first, at, end, out, to);
  }

  /** Makes the context from a packet that both ends have seen uncompressed: see {@link adoptReference}. */
  adopt(b: Uint8Array, chain: HeaderChain, options: ParsedOptions, msn: number): number {
    return adoptReference(this, b, chain, options, msn);
  }

  save(): TcpDecompressorSnapshot {
    return saveDecompressor(this);
  }

  restore(snapshot: TcpDecompressorSnapshot): void {
    restoreDecompressor(this, snapshot);
  }
}
