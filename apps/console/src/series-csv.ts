/** Points of a run as comma-separated values (RFC 4180), in long form: a row per point. */

import type { Axis, Series } from '@liquid/types/scenario';
import type { PointStore } from './point-store.js';

/** A field; quoted where it must be. */
const field = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

const axisText = ({ title, unit }: Axis): string => (unit === '' ? title : `${title} (${unit})`);

/** What a column holds, with its unit: once where all series agree, else by series. */
const column = (name: 'x' | 'y', series: ReadonlyArray<Series>): string => {
  const ids = new Map<string, ReadonlyArray<string>>();
  for (const one of series) {
    const text = axisText(one[name]);
    ids.set(text, [...(ids.get(text) ?? []), one.id]);
  }
  const said = [...ids].map(([text, of]) => (ids.size === 1 ? text : `${of.join(' ')}: ${text}`));
  return field([name, ...(said.length === 0 ? [] : [said.join('; ')])].join(': '));
};

/** Rows that are handed over at once. */
const ROWS = 2048;

/**
 * The text in pieces: a header `series,x: …,y: …` that names quantities and units, then a row per kept
 * point, series by series. The points are those of the moment of the call, also where more come.
 */
export const seriesCsv = (
  series: ReadonlyArray<Series>,
  store: Pick<PointStore, 'slices'>,
): Iterable<string> => {
  const taken = series.map(({ id }) => ({ id, slices: store.slices(id) }));
  const header = `series,${column('x', series)},${column('y', series)}\n`;
  return (function* () {
    yield header;
    for (const { id, slices } of taken) {
      const name = field(id);
      for (const slice of slices) {
        for (let from = 0; from < slice.length; from += ROWS * 2) {
          const to = Math.min(slice.length, from + ROWS * 2);
          let text = '';
          for (let i = from; i < to; i += 2) text += `${name},${slice[i]},${slice[i + 1]}\n`;
          yield text;
        }
      }
    }
  })();
};
