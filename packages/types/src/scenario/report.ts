/** What a scenario found, as plain JSON: figures, tables, and ours beside the published figure. */

import * as t from 'io-ts';

/** Cells of a report are short; a table with more rows is data, not a report. */
const MAX_ROWS = 10_000;

const finite = 'a finite number';

/** Codec of numbers that JSON can hold: no NaN, no infinities. @since 0.1.0 */
export const Finite: t.Type<number, number, unknown> = /* @__PURE__ */ new t.Type(
  finite,
  (value): value is number => typeof value === 'number' && Number.isFinite(value),
  (value, context) =>
    typeof value === 'number' && Number.isFinite(value)
      ? t.success(value)
      : t.failure(value, context, finite),
  t.identity,
);

/**
 * One number of a report.
 *
 * @since 0.1.0
 */
export interface Figure {
  /** Stable, kebab-case; unique among the report's figures. */
  readonly id: string;
  readonly title: string;
  readonly value: number;
  /** As printed behind the value, as in `B/packet`; empty for bare numbers. */
  readonly unit: string;
  /** True where it depends on the machine's speed or load, so that a repeat with the same seed differs. */
  readonly varies?: boolean;
}

/** Codec of {@link Figure}. @since 0.1.0 */
export const Figure: t.Type<Figure, unknown, unknown> = /* @__PURE__ */ t.intersection(
  [
    t.type({ id: t.string, title: t.string, value: Finite, unit: t.string }),
    t.partial({ varies: t.boolean }),
  ],
  'Figure',
);

/** A cell: a number is set right and with its column's unit, null is empty. @since 0.1.0 */
export type Cell = string | number | null;

/**
 * A table: as many cells in each row as there are columns.
 *
 * @since 0.1.0
 */
export interface Table {
  readonly id: string;
  readonly title: string;
  readonly columns: ReadonlyArray<{ readonly title: string; readonly unit?: string }>;
  readonly rows: ReadonlyArray<ReadonlyArray<Cell>>;
  readonly varies?: boolean;
}

const Cell: t.Type<Cell, unknown, unknown> = /* @__PURE__ */ t.union([t.string, Finite, t.null]);

const TableShape = /* @__PURE__ */ t.intersection([
  t.type({
    id: t.string,
    title: t.string,
    columns: t.readonlyArray(
      t.intersection([t.type({ title: t.string }), t.partial({ unit: t.string })]),
    ),
    rows: t.readonlyArray(t.readonlyArray(Cell)),
  }),
  t.partial({ varies: t.boolean }),
]);

/** Codec of {@link Table}: at most 10,000 rows. @since 0.1.0 */
export const Table: t.Type<Table, unknown, unknown> = /* @__PURE__ */ t.refinement(
  TableShape,
  (table) =>
    table.rows.length <= MAX_ROWS && table.rows.every((row) => row.length === table.columns.length),
  `a table of at most ${MAX_ROWS} rows with one cell per column`,
);

/**
 * A figure of the deliverable or a paper beside ours.
 *
 * @since 0.1.0
 */
export interface Comparison {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly published: {
    /** The number, where the text gives one. */
    readonly value: number | null;
    /** As the source words it, as in `about 4 bytes, or 3`. */
    readonly text: string;
    /** Section or paper. */
    readonly source: string;
  };
  /** Our number; null when this run's input gives none. */
  readonly ours: number | null;
  /** How ours was measured, in one sentence. */
  readonly measured: string;
  /** Which way is better. */
  readonly better: 'lower' | 'higher' | 'near';
  /** Whether ours is as good as published or better; null where the two can't be compared. */
  readonly reached: boolean | null;
  readonly varies?: boolean;
}

/** Codec of {@link Comparison}. @since 0.1.0 */
export const Comparison: t.Type<Comparison, unknown, unknown> = /* @__PURE__ */ t.intersection(
  [
    t.type({
      id: t.string,
      title: t.string,
      unit: t.string,
      published: t.type({
        value: t.union([Finite, t.null]),
        text: t.string,
        source: t.string,
      }),
      ours: t.union([Finite, t.null]),
      measured: t.string,
      better: t.keyof({ lower: null, higher: null, near: null }),
      reached: t.union([t.boolean, t.null]),
    }),
    t.partial({ varies: t.boolean }),
  ],
  'Comparison',
);

/**
 * The result of a run. Plain JSON, so that it can be printed, stored, sent and compared.
 *
 * @since 0.1.0
 */
export interface Report {
  /** One or two sentences: what came out. */
  readonly summary: string;
  readonly figures: ReadonlyArray<Figure>;
  readonly tables: ReadonlyArray<Table>;
  readonly comparisons: ReadonlyArray<Comparison>;
  /** What a careful reader must know: limits, assumptions, what was not measured. */
  readonly notes: ReadonlyArray<string>;
}

/**
 * Codec of {@link Report}.
 *
 * @example
 * ```ts
 * import { Report } from '@liquid/types/scenario'
 *
 * const report = { summary: 'Nothing ran.', figures: [], tables: [], comparisons: [], notes: [] }
 * console.log(Report.is(report)) // true
 * ```
 * @since 0.1.0
 */
export const Report: t.Type<Report, unknown, unknown> = /* @__PURE__ */ t.type(
  {
    summary: t.string,
    figures: t.readonlyArray(Figure),
    tables: t.readonlyArray(Table),
    comparisons: t.readonlyArray(Comparison),
    notes: t.readonlyArray(t.string),
  },
  'Report',
);
