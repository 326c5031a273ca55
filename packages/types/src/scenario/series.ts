/** What a scenario streams while it runs: progress, and points of declared series. */

import * as t from 'io-ts';

import { Finite } from './report.js';

/** An axis. @since 0.1.0 */
export interface Axis {
  readonly title: string;
  /** Empty for bare numbers. */
  readonly unit: string;
}

/**
 * A series that a run may send points of. Declared beforehand, so that a page lays out its plots
 * before the first point comes.
 *
 * @since 0.1.0
 */
export interface Series {
  /** Stable, kebab-case; unique in the scenario. */
  readonly id: string;
  readonly title: string;
  /** Series with the same plot are drawn into one, and share its axes. */
  readonly plot: string;
  readonly x: Axis;
  readonly y: Axis;
  /** How the points are joined. */
  readonly form: 'line' | 'steps' | 'points';
}

const Axis = /* @__PURE__ */ t.type({ title: t.string, unit: t.string });

/** Codec of {@link Series}. @since 0.1.0 */
export const Series: t.Type<Series, unknown, unknown> = /* @__PURE__ */ t.type(
  {
    id: t.string,
    title: t.string,
    plot: t.string,
    x: Axis,
    y: Axis,
    form: t.keyof({ line: null, steps: null, points: null }),
  },
  'Series',
);

/**
 * How far a run is.
 *
 * @since 0.1.0
 */
export interface Progress {
  /** Work done so far, in `unit`; never less than in the update before. */
  readonly done: number;
  /** All the work, where it is known. */
  readonly total?: number;
  /** What is counted, as in `packets`. */
  readonly unit?: string;
  /** What is being done now, in a few words. */
  readonly activity?: string;
}

/** Codec of {@link Progress}. @since 0.1.0 */
export const Progress: t.Type<Progress, unknown, unknown> = /* @__PURE__ */ t.intersection(
  [t.type({ done: Finite }), t.partial({ total: Finite, unit: t.string, activity: t.string })],
  'Progress',
);

/**
 * One line of the stream that accompanies a run: NDJSON on stderr, events on a page.
 *
 * @since 0.1.0
 */
export type RunEvent =
  | { readonly type: 'start'; readonly scenario: string; readonly seed: string }
  | ({ readonly type: 'progress' } & Progress)
  | { readonly type: 'point'; readonly series: string; readonly x: number; readonly y: number }
  | { readonly type: 'control'; readonly name: string; readonly value: unknown }
  | {
      readonly type: 'log';
      readonly level: string;
      readonly message: string;
      readonly fields?: Readonly<Record<string, unknown>>;
    };

/**
 * Codec of {@link RunEvent}.
 *
 * @example
 * ```ts
 * import { RunEvent } from '@liquid/types/scenario'
 *
 * console.log(RunEvent.is({ type: 'point', series: 'size', x: 1, y: 9.4 })) // true
 * ```
 * @since 0.1.0
 */
export const RunEvent: t.Type<RunEvent, unknown, unknown> = /* @__PURE__ */ t.union(
  [
    t.type({ type: t.literal('start'), scenario: t.string, seed: t.string }),
    t.intersection([t.type({ type: t.literal('progress') }), Progress]),
    t.type({ type: t.literal('point'), series: t.string, x: Finite, y: Finite }),
    t.type({ type: t.literal('control'), name: t.string, value: t.unknown }),
    t.intersection([
      t.type({ type: t.literal('log'), level: t.string, message: t.string }),
      t.partial({ fields: t.record(t.string, t.unknown) }),
    ]),
  ],
  'RunEvent',
);
