/**
 * The compressor's window of references: SN and IP-ID offsets of the last packets, any of which the decompressor may
 * hold (W-LSB, RFC 3095 section 4.5.2).
 */
import { SN_P } from './formats.js';

/** Levels whose IP-ID can be compressed. */
const OFFSETS = 2;

/** A ring of `width` references. */
export class ReferenceWindow {
  private readonly width: number;
  private readonly sns: Uint16Array;
  /** {@link OFFSETS} words a reference. */
  private readonly offsets: Uint16Array;
  /** Place behind the newest reference. */
  private head = 0;
  private size = 0;
  /** How many of the newest references have an offset in the present byte order, by level. */
  private readonly valid = new Uint16Array(OFFSETS);

  constructor(width: number) {
    this.width = Math.min(256, Math.max(1, Math.trunc(width)));
    this.sns = new Uint16Array(this.width);
    this.offsets = new Uint16Array(this.width * OFFSETS);
  }

  add(sn: number, offset0: number, offset1: number): void {
    this.sns[this.head] = sn;
    this.offsets[this.head * OFFSETS] = offset0;
    this.offsets[this.head * OFFSETS + 1] = offset1;
    this.head = this.head + 1 === this.width ? 0 : this.head + 1;
    if (this.size < this.width) this.size++;
    for (let i = 0; i < OFFSETS; i++) {
      if ((this.valid[i] as number) < this.size) this.valid[i] = (this.valid[i] as number) + 1;
    }
  }

  /** Earlier offsets of this level mean something else from now on. */
  restart(level: number): void {
    this.valid[level] = 0;
  }

  /** Drops what is older than the reference sent under `sn`: that one was acknowledged. Returns how many left. */
  acknowledge(sn: number): number {
    let at = this.head;
    for (let kept = 1; kept <= this.size; kept++) {
      at = at === 0 ? this.width - 1 : at - 1;
      if (this.sns[at] !== sn) continue;
      const dropped = this.size - kept;
      this.size = kept;
      for (let i = 0; i < OFFSETS; i++) {
        this.valid[i] = Math.min(this.valid[i] as number, kept);
      }
      return dropped;
    }
    return 0;
  }

  /** Bits of the SN that every reference decodes: 4, 5, 8, 13 or 16, the sizes that formats have. */
  snBits(sn: number): number {
    if (this.size === 0) return 16;
    // the SN only grows: the oldest reference is the furthest
    const oldest = this.head - this.size;
    const reference = this.sns[oldest < 0 ? oldest + this.width : oldest] as number;
    const distance = (sn - reference + SN_P) & 0xffff;
    if (distance < 16) return 4;
    if (distance < 32) return 5;
    if (distance < 256) return 8;
    return distance < 8192 ? 13 : 16;
  }

  /** Bits of an IP-ID offset that every reference decodes, 0 to 16. */
  offsetBits(level: number, offset: number): number {
    const valid = this.valid[level] as number;
    if (valid === 0) return 16;
    let most = 0;
    let at = this.head;
    for (let i = 0; i < valid; i++) {
      at = at === 0 ? this.width - 1 : at - 1;
      const distance = (offset - (this.offsets[at * OFFSETS + level] as number)) & 0xffff;
      if (distance > most) most = distance;
    }
    return 32 - Math.clz32(most);
  }
}
