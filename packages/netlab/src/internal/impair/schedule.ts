/** The schedule: which packet goes on when, or never; a pure core of packet numbers, times and chances. */

import { createRng, type Rng } from '@liquid/types';
import { DEFAULT_LIMIT_PACKETS, type Impairment } from '../../impairment.js';

/** What becomes of a packet that arrives. */
export const FATE = { DROP: 0, PASS: 1, HOLD: 2 } as const;

const TWO_32 = 0x1_0000_0000;

/** Uniforms whose sum has a variance of 1: near enough to a normal curve, and the same everywhere. */
const SUMMANDS = 12;

const powerOfTwoFrom = (least: number): number => {
  let size = 1;
  while (size < least) size *= 2;
  return size;
};

/**
 * A first-in-first-out ring of packet numbers with the time at which each is due. Times never
 * decrease, so the head is always the next. Nothing is allocated per packet.
 */
export class Schedule {
  #delayMs = 0;
  #jitterMs = 0;
  #normal = false;
  #lossBelow = 0;
  #reorderBelow = 0;
  #limit = 0;
  #rng: Rng = createRng(1);
  #ids = new Uint32Array(1);
  #dues = new Float64Array(1);
  #head = 0;
  #length = 0;
  #lastDue = 0;
  /** The last packet that {@link releaseUpTo} let go. */
  lastReleased = 0;

  constructor(impairment: Impairment) {
    this.change(impairment);
  }

  /** Packets that wait. */
  get length(): number {
    return this.#length;
  }

  /** When the head is due; Infinity when none waits. */
  get nextDue(): number {
    return this.#length === 0 ? Number.POSITIVE_INFINITY : (this.#dues[this.#head] ?? 0);
  }

  /** Goes on with another impairment; what waits keeps its time. */
  change(impairment: Impairment): void {
    const { delayMs = 0, jitterMs = 0, lossPercent = 0, reorderPercent = 0, seed = 1 } = impairment;
    const { distribution, limitPackets = DEFAULT_LIMIT_PACKETS } = impairment;
    this.#delayMs = delayMs;
    this.#jitterMs = jitterMs;
    this.#normal = distribution === 'normal';
    this.#lossBelow = (lossPercent / 100) * TWO_32;
    this.#reorderBelow = (reorderPercent / 100) * TWO_32;
    this.#limit = limitPackets;
    this.#rng = createRng(seed);
    if (limitPackets > this.#ids.length) this.#grow(powerOfTwoFrom(limitPackets));
  }

  /** Takes a packet in at `now`, in milliseconds of any clock; says what becomes of it. */
  arrive(id: number, now: number): number {
    if (this.#lossBelow > 0 && this.#rng.uint32() < this.#lossBelow) return FATE.DROP;
    const delayed = this.#delayMs > 0 || this.#jitterMs > 0;
    if (!delayed && this.#length === 0) return FATE.PASS;
    if (delayed && this.#reorderBelow > 0 && this.#rng.uint32() < this.#reorderBelow) {
      return FATE.PASS;
    }
    if (this.#length >= this.#limit) return FATE.DROP;
    let due = now + this.#delay();
    if (this.#length > 0 && due < this.#lastDue) due = this.#lastDue;
    const at = (this.#head + this.#length) & (this.#ids.length - 1);
    this.#ids[at] = id;
    this.#dues[at] = due;
    this.#length++;
    this.#lastDue = due;
    return FATE.HOLD;
  }

  /** Lets go what is due by `now`; gives how many, the last of them in {@link lastReleased}. */
  releaseUpTo(now: number): number {
    const mask = this.#ids.length - 1;
    let released = 0;
    while (this.#length > 0 && (this.#dues[this.#head] ?? 0) <= now) {
      this.lastReleased = this.#ids[this.#head] ?? 0;
      this.#head = (this.#head + 1) & mask;
      this.#length--;
      released++;
    }
    return released;
  }

  #delay(): number {
    if (this.#jitterMs === 0) return this.#delayMs;
    let spread = 0;
    if (this.#normal) {
      for (let i = 0; i < SUMMANDS; i++) spread += this.#rng.uint32() / TWO_32;
      spread -= SUMMANDS / 2;
    } else spread = (2 * this.#rng.uint32()) / TWO_32 - 1;
    const delay = this.#delayMs + spread * this.#jitterMs;
    return delay > 0 ? delay : 0;
  }

  #grow(size: number): void {
    const ids = new Uint32Array(size);
    const dues = new Float64Array(size);
    for (let i = 0; i < this.#length; i++) {
      const from = (this.#head + i) & (this.#ids.length - 1);
      ids[i] = this.#ids[from] ?? 0;
      dues[i] = this.#dues[from] ?? 0;
    }
    this.#ids = ids;
    this.#dues = dues;
    this.#head = 0;
  }
}
