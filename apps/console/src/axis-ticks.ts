/** Where the ticks of an axis stand: at 1, 2 or 5 times a power of ten. */

/** An axis: its ends, and the values that are marked. */
export interface Ticks {
  readonly from: number;
  readonly to: number;
  readonly at: ReadonlyArray<number>;
}

/** Multiples that are read without effort. */
const STEPS = [1, 2, 5, 10];

/** Ticks that an axis has at most, whatever rounding does. */
const MOST_TICKS = 50;

const stepOf = (span: number, wanted: number): number => {
  const rough = span / Math.max(1, wanted);
  // Powers of ten through text: exact, and the same everywhere.
  const power = Number(`1e${Math.floor(Math.log10(rough))}`);
  return (STEPS.find((step) => step * power >= rough * (1 - 1e-9)) ?? 10) * power;
};

/** Sums of steps, without the noise of binary fractions. */
const clean = (value: number): number => Number(value.toPrecision(15)) + 0;

/** Beyond these, sums and quotients leave what a double can hold. */
const [LARGEST, SMALLEST] = [1e300, 1e-290];

/** Ends that are nearer to each other than this, in parts of their size, are one value. */
const RESOLUTION = 1e-12;

const clamp = (value: number): number => Math.min(LARGEST, Math.max(-LARGEST, value));

/** A range that has a length: one of a single value is widened. */
const widen = (least: number, most: number): readonly [number, number] => {
  const [low, high] = [clamp(least), clamp(most)];
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (high - low > Math.max(SMALLEST, size * RESOLUTION)) return [low, high];
  const pad = size < SMALLEST ? 1 : size / 2;
  return [low - pad, high + pad];
};

const marks = (from: number, to: number, step: number): ReadonlyArray<number> => {
  const at: Array<number> = [];
  const first = Math.ceil(from / step - 1e-9);
  for (let i = 0; i < MOST_TICKS && (first + i) * step <= to + step * 1e-9; i++) {
    at.push(clean((first + i) * step));
  }
  return at;
};

/** An axis that ends where the values end; for the quantity that is gone through, as time. */
export const tightTicks = (low: number, high: number, wanted: number): Ticks => {
  const [from, to] = widen(low, high);
  return { from, to, at: marks(from, to, stepOf(to - from, wanted)) };
};

/** An axis that ends at ticks around the values, and begins at 0 where that is near. */
export const roundTicks = (low: number, high: number, wanted: number): Ticks => {
  const [least, most] = widen(low, high);
  const floor = low >= 0 && low <= most / 2 ? 0 : least;
  const step = stepOf(most - floor, wanted);
  const from = clean(Math.floor(floor / step + 1e-9) * step);
  const to = clean(Math.ceil(most / step - 1e-9) * step);
  return { from, to, at: marks(from, to, step) };
};
