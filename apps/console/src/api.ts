/**
 * What the console's page and its server say to each other: JSON over HTTP on loopback, and server-sent events.
 *
 * | request | answer |
 * | --- | --- |
 * | `GET /api/catalogue` | {@link Catalogue} |
 * | `GET /api/runs` | {@link RunState}s, newest first |
 * | `POST /api/runs` {@link RunRequest} | 201 {@link RunState} |
 * | `GET /api/runs/:id` | {@link RunState} |
 * | `POST /api/runs/:id/stop` | 202 {@link RunState} |
 * | `POST /api/runs/:id/controls` {@link ControlRequest} | 202 {@link RunState} |
 * | `GET /api/runs/:id/events` | server-sent {@link StreamEvent}s, the event's name being its key |
 * | `GET /api/runs/:id/report.json`, `series.csv`, `plots/<n>.svg` | downloads; `<n>` counts the plots from 0 |
 * | `POST /api/files?name=<name>` octets | 201 {@link Upload} |
 *
 * Whatever fails answers with a {@link Refusal}.
 */
import { Dimension, RenderedError, Trade } from '@liquid/types';
import { Progress, RunOutcome, Series } from '@liquid/types/scenario';
import * as t from 'io-ts';

const nullable = <A>(codec: t.Type<A, unknown, unknown>): t.Type<A | null, unknown, unknown> =>
  t.union([codec, t.null]);

/** One input of a scenario, as a form needs it. */
export const ListedInput = t.readonly(
  t.type({
    name: t.string,
    /** As typed in the terminal, as in `--max-packets`. */
    flag: t.string,
    kind: t.keyof({
      text: null,
      number: null,
      integer: null,
      boolean: null,
      choice: null,
      quantity: null,
      file: null,
    }),
    title: t.string,
    description: t.string,
    /** In its JSON form; null where there is none. */
    default: t.unknown,
    unit: nullable(t.string),
    min: nullable(t.number),
    max: nullable(t.number),
    choices: nullable(t.readonlyArray(t.type({ value: t.string, title: t.string }))),
    accepts: nullable(t.readonlyArray(t.string)),
    /** Whether it may be changed while a run goes on. */
    control: t.boolean,
  }),
);
export type ListedInput = t.TypeOf<typeof ListedInput>;

/** A scenario as listed, with what this machine lacks for it. */
export const ListedScenario = t.readonly(
  t.type({
    id: t.string,
    title: t.string,
    summary: t.string,
    tool: t.string,
    section: t.string,
    trade: Trade,
    needs: t.readonlyArray(
      t.type({ kind: t.string, name: t.string, remedy: t.string, met: t.boolean }),
    ),
    series: t.readonlyArray(Series),
    inputs: t.readonlyArray(ListedInput),
  }),
);
export type ListedScenario = t.TypeOf<typeof ListedScenario>;

/** A tool as a trade, and how far it is. */
export const ListedTool = t.readonly(
  t.type({
    name: t.string,
    section: t.string,
    idea: t.string,
    trade: Trade,
    /** `built`, or what there is in honest words. */
    status: t.string,
    /** Ids of its scenarios. */
    scenarios: t.readonlyArray(t.string),
  }),
);
export type ListedTool = t.TypeOf<typeof ListedTool>;

/** All that the home page shows. */
export const Catalogue = t.readonly(
  t.type({
    version: t.string,
    /** Drawn at each start of the server: a page that sees another one knows that its runs are gone. */
    instance: t.string,
    dimensions: t.readonlyArray(t.type({ name: Dimension, meaning: t.string })),
    tools: t.readonlyArray(ListedTool),
    scenarios: t.readonlyArray(ListedScenario),
    /** Apps that could not be loaded. */
    problems: t.readonlyArray(RenderedError),
    /** Octets that an upload may have at most. */
    uploadLimit: t.number,
  }),
);
export type Catalogue = t.TypeOf<typeof Catalogue>;

/** A wish for a run. */
export const RunRequest = t.readonly(
  t.exact(
    t.intersection([
      t.type({
        scenario: t.string,
        /** In its JSON form; a missing field takes its default. A file is named by an {@link Upload}'s `file`. */
        input: t.record(t.string, t.unknown),
      }),
      /** Whole number in at most 19 decimal digits. */
      t.partial({ seed: t.string }),
    ]),
  ),
);
export type RunRequest = t.TypeOf<typeof RunRequest>;

/** A change of a control. */
export const ControlRequest = t.readonly(t.exact(t.type({ name: t.string, value: t.unknown })));
export type ControlRequest = t.TypeOf<typeof ControlRequest>;

/** One line of a run's log. */
export const LogLine = t.readonly(t.type({ level: t.string, message: t.string }));
export type LogLine = t.TypeOf<typeof LogLine>;

/** Where a run stands. */
export const RunState = t.readonly(
  t.type({
    id: t.string,
    scenario: t.string,
    seed: t.string,
    /** With all defaults, and controls as they are now. */
    input: t.record(t.string, t.unknown),
    /** The command line that does the same. */
    command: t.string,
    status: t.keyof({ running: null, stopping: null, done: null, failed: null, stopped: null }),
    startedAtMs: t.number,
    endedAtMs: nullable(t.number),
    progress: nullable(Progress),
    /** The newest lines. */
    log: t.readonlyArray(LogLine),
    /** Points so far, by series. */
    points: t.record(t.string, t.number),
    /** Whether older points were merged because there are too many to keep. */
    thinned: t.boolean,
    /** What came out; null while it runs. */
    outcome: nullable(RunOutcome),
  }),
);
export type RunState = t.TypeOf<typeof RunState>;

/** Points of one series; as many `x` as `y`, in the order in which they came. */
export const Points = t.readonly(
  t.type({ series: t.string, x: t.readonlyArray(t.number), y: t.readonlyArray(t.number) }),
);
export type Points = t.TypeOf<typeof Points>;

/**
 * What a stream sends, by the event's name. It begins with `state` and a `snapshot` for each series that has points
 * (at most 4,096 points drawn from all so far; it replaces what the page holds), then `points` are appended as they
 * come. A last `state` tells the outcome, and the server ends the stream.
 */
export interface StreamEvents {
  readonly state: RunState;
  readonly snapshot: Points;
  readonly points: Points;
  readonly progress: Progress;
  readonly log: LogLine;
  readonly control: ControlRequest;
}

/** A file that was sent. */
export const Upload = t.readonly(
  t.type({
    /** To be given as the input. */
    file: t.string,
    name: t.string,
    size: t.number,
  }),
);
export type Upload = t.TypeOf<typeof Upload>;

/** Why a request was refused. */
export const Refusal = t.readonly(
  t.intersection([
    t.type({ ok: t.literal(false), error: RenderedError }),
    /** Complaints by input, where single inputs are wrong. */
    t.partial({ inputs: t.record(t.string, t.string) }),
  ]),
);
export type Refusal = t.TypeOf<typeof Refusal>;
