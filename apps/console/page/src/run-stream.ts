/** One run as it is seen from here: follows its events, joins again when the line breaks, and knows when it is gone. */
import { Progress } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { ControlRequest, LogLine, RunState } from '../../src/api.ts';
import { eventsPath, getCatalogue, getRun } from './client.ts';
import { createDecimated, type Decimated } from './decimate.ts';

/** How the line to the run is. */
export type Line =
  | 'joining'
  | 'live'
  /** The line broke; it is tried again. */
  | 'broken'
  /** Tried for a while, and nobody answers. */
  | 'silent'
  /** The console that had the run was restarted. */
  | 'restarted'
  /** The console does not know the run. */
  | 'unknown'
  /** The run has ended, and all is here. */
  | 'complete';

/** What is known of the run; replaced as a whole when something changes. */
export interface RunView {
  readonly line: Line;
  readonly run: RunState | null;
}

/** A followed run. */
export interface RunStream {
  readonly view: () => RunView;
  /** Points by series; they come too often to be part of the view. */
  readonly series: (id: string) => Decimated;
  /** Calls back when the view changes, at most once a frame. */
  readonly onView: (listener: () => void) => () => void;
  /** Calls back when points have come, at most once a frame. */
  readonly onPoints: (listener: () => void) => () => void;
  /** Takes an answer that is newer than what is known. */
  readonly take: (run: RunState) => void;
  readonly close: () => void;
}

/** Log lines kept here. */
const MOST_LINES = 500;
/** Waits between attempts to join again; the last one is repeated. */
const PAUSES_MS = [250, 500, 1000, 2000, 4000];
/** Failed attempts after which the reader is told that nobody answers. */
const SILENT_AFTER = 4;

/** Time after which a page that draws no frames is told all the same. */
const HIDDEN_MS = 500;

const isOver = (run: RunState): boolean => run.status !== 'running' && run.status !== 'stopping';

const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'number');

interface Batch {
  readonly series: string;
  readonly x: number[];
  readonly y: number[];
}

/** Points by hand: a codec makes a record per number, and there are a million. */
const readPoints = (text: string): Batch | null => {
  const json: unknown = parse(text);
  if (typeof json !== 'object' || json === null) return null;
  const { series, x, y } = json as { series?: unknown; x?: unknown; y?: unknown };
  if (typeof series !== 'string' || !isNumbers(x) || !isNumbers(y)) return null;
  return x.length === y.length ? { series, x, y } : null;
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/**
 * Follows a run from now on.
 *
 * @param instance the console that the page knows: why a run is gone, where it is
 */
export const followRun = (id: string, instance: string, known: RunState | null): RunStream => {
  let view: RunView = { line: 'joining', run: known };
  let source: EventSource | null = null;
  let closed = false;
  let attempts = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let frame = 0;
  let late: ReturnType<typeof setTimeout> | undefined;
  let viewChanged = false;
  let pointsChanged = false;
  const viewListeners = new Set<() => void>();
  const pointListeners = new Set<() => void>();
  const points = new Map<string, Decimated>();

  const seriesOf = (name: string): Decimated => {
    const there = points.get(name);
    if (there !== undefined) return there;
    const made = createDecimated();
    points.set(name, made);
    return made;
  };

  const tell = (): void => {
    cancelAnimationFrame(frame);
    clearTimeout(late);
    frame = 0;
    if (viewChanged) {
      viewChanged = false;
      for (const listener of viewListeners) listener();
    }
    if (pointsChanged) {
      pointsChanged = false;
      for (const listener of pointListeners) listener();
    }
  };
  const schedule = (): void => {
    if (frame !== 0 || closed) return;
    frame = requestAnimationFrame(tell);
    // A hidden page draws no frames, and still says in its title when the run is done.
    late = setTimeout(tell, HIDDEN_MS);
  };
  let shown = view;
  const change = (part: Partial<RunView>): void => {
    view = { ...view, ...part };
    viewChanged = true;
    schedule();
  };
  const changeRun = (part: Partial<RunState>): void => {
    if (view.run !== null) change({ run: { ...view.run, ...part } });
  };
  const drop = (): void => {
    source?.close();
    source = null;
  };

  /** Why the line broke: a run that is over or lost is not tried again. */
  const find = async (): Promise<void> => {
    const catalogue = await getCatalogue();
    if (closed) return;
    const run = E.isRight(catalogue) ? await getRun(id) : catalogue;
    if (closed) return;
    if (E.isLeft(run)) {
      if (run.left.status !== 404 || E.isLeft(catalogue)) again();
      else change({ line: catalogue.right.instance === instance ? 'unknown' : 'restarted' });
      return;
    }
    join();
  };
  const again = (): void => {
    const pause = PAUSES_MS[Math.min(attempts, PAUSES_MS.length - 1)] ?? 0;
    attempts++;
    change({ line: attempts > SILENT_AFTER ? 'silent' : 'broken' });
    timer = setTimeout(() => void find(), pause);
  };

  const on = <A>(
    from: EventSource,
    name: string,
    codec: t.Type<A, unknown, unknown>,
    take: (value: A) => void,
  ): void => {
    from.addEventListener(name, (event: MessageEvent<string>) => {
      const value = codec.decode(parse(event.data));
      // An event that this page does not understand is of a newer console: the rest still shows.
      if (E.isRight(value)) take(value.right);
    });
  };

  const join = (): void => {
    drop();
    const from = new EventSource(eventsPath(id));
    source = from;
    on(from, 'state', RunState, (run) => {
      attempts = 0;
      change({ run, line: isOver(run) ? 'complete' : 'live' });
    });
    on(from, 'progress', Progress, (progress) => changeRun({ progress }));
    on(from, 'log', LogLine, (line) => {
      const log = [...(view.run?.log ?? []), line];
      changeRun({ log: log.length > MOST_LINES ? log.slice(-MOST_LINES) : log });
    });
    on(from, 'control', ControlRequest, ({ name, value }) => {
      changeRun({ input: { ...view.run?.input, [name]: value } });
    });
    for (const name of ['snapshot', 'points'] as const) {
      from.addEventListener(name, (event: MessageEvent<string>) => {
        const batch = readPoints(event.data);
        if (batch === null) return;
        const series = seriesOf(batch.series);
        if (name === 'points') series.add(batch.x, batch.y);
        else series.replace(batch.x, batch.y, view.run?.points[batch.series] ?? batch.x.length);
        pointsChanged = true;
        schedule();
      });
    }
    from.onerror = () => {
      if (source !== from) return;
      drop();
      // The server ends the stream after the last state.
      if (view.line !== 'complete') void find();
    };
  };
  join();

  return {
    view: () => {
      // The view that was told: React must not see it change between two callbacks.
      if (!viewChanged) shown = view;
      return shown;
    },
    series: seriesOf,
    onView: (listener) => {
      viewListeners.add(listener);
      return () => viewListeners.delete(listener);
    },
    onPoints: (listener) => {
      pointListeners.add(listener);
      return () => pointListeners.delete(listener);
    },
    take: (run) => {
      if (view.line !== 'complete') change({ run });
    },
    close: () => {
      closed = true;
      drop();
      clearTimeout(timer);
      clearTimeout(late);
      cancelAnimationFrame(frame);
    },
  };
};
