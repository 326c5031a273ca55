/** Numbers as reports want them. */
import type { Figure } from '@liquid/types/scenario';

export const round = (value: number, digits: number): number => Number(value.toFixed(digits));

/** Middle of the values; NaN of none. */
export const median = (values: ReadonlyArray<number>): number => quantile(values, 0.5);

/** The value that the share of all does not exceed (nearest rank); NaN of none. */
export const quantile = (values: ReadonlyArray<number>, share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
};

/** A figure that another run would give differently; nothing where there is no number. */
export const figure = (
  id: string,
  title: string,
  value: number | undefined,
  unit: string,
  digits = 2,
): ReadonlyArray<Figure> =>
  value === undefined || !Number.isFinite(value)
    ? []
    : [{ id, title, value: round(value, digits), unit, varies: true }];
