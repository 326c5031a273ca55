/** Geometry of the chart: scales with round ticks, and lines as SVG paths. */

/** A plot's inner edges, in units of its view box. */
export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A round step: 1, 2 or 5 times a power of ten, so that `span` has at most `most` of them. */
export const stepOf = (span: number, most: number): number => {
  if (!(span > 0)) return 1;
  const rough = span / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((each) => each * power >= rough * (1 - 1e-9)) ?? 10;
  return factor * power;
};

/** Multiples of a round step from 0 to the first one at or above `max`. */
export const ticksTo = (max: number, most: number): readonly number[] => {
  const step = stepOf(max, most);
  const count = Math.max(1, Math.ceil(max / step - 1e-9));
  return Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(12)));
};

/** A line through points as the `d` of an SVG path; x runs from 0 to `maxX`, y from 0 to `maxY`. */
export const pathOf = (
  points: readonly (readonly [number, number])[],
  maxX: number,
  maxY: number,
  { left, right, top, bottom }: Frame,
): string =>
  points
    .map(([x, y], i) => {
      const px = left + (x / (maxX || 1)) * (right - left);
      const py = bottom - (y / (maxY || 1)) * (bottom - top);
      return `${i === 0 ? 'M' : 'L'}${px.toFixed(1)} ${py.toFixed(1)}`;
    })
    .join('');
