/** Series with x values of their own, put side by side over all x values: the form that uPlot draws. */
import { type Decimated, MOST_DRAWN } from './decimate.ts';

/** First all x in ascending order, then each series' y, null where it has no point. */
export type Aligned = [number[], ...Array<Array<number | null>>];

// `!` stands here where an index is below a length that was just compared.

/** Gives a function that aligns these series anew; its scratch space is used again each time. */
export const createAligner = (series: ReadonlyArray<Decimated>): (() => Aligned) => {
  const lanes = series.map((decimated) => ({
    decimated,
    xs: new Float64Array(MOST_DRAWN),
    ys: new Float64Array(MOST_DRAWN),
    length: 0,
    at: 0,
  }));
  return () => {
    for (const lane of lanes) {
      lane.length = lane.decimated.drawInto(lane.xs, lane.ys);
      lane.at = 0;
      sortByX(lane.xs, lane.ys, lane.length);
    }
    const xs: number[] = [];
    const columns = lanes.map((): Array<number | null> => []);
    for (;;) {
      let x = Number.POSITIVE_INFINITY;
      for (const lane of lanes) {
        if (lane.at < lane.length && lane.xs[lane.at]! < x) x = lane.xs[lane.at]!;
      }
      if (x === Number.POSITIVE_INFINITY) return [xs, ...columns];
      xs.push(x);
      for (let i = 0; i < lanes.length; i++) {
        const lane = lanes[i]!;
        const here = lane.at < lane.length && lane.xs[lane.at] === x;
        columns[i]!.push(here ? lane.ys[lane.at]! : null);
        if (here) lane.at++;
      }
    }
  };
};

/** Sorts both by x, stably. Series mostly come in order: then this is one pass. */
const sortByX = (xs: Float64Array, ys: Float64Array, length: number): void => {
  let sorted = true;
  for (let i = 1; i < length && sorted; i++) sorted = xs[i]! >= xs[i - 1]!;
  if (sorted) return;
  const order = Array.from({ length }, (_, i) => i).sort((a, b) => xs[a]! - xs[b]!);
  const [x, y] = [xs.slice(0, length), ys.slice(0, length)];
  order.forEach((from, to) => {
    xs[to] = x[from]!;
    ys[to] = y[from]!;
  });
};
