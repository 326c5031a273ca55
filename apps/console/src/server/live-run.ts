/** A run as the server keeps it: its state, its points, and who follows it. */

import { printable } from '@liquid/types';
import type { RunEvent, RunOutcome, Scenario } from '@liquid/types/scenario';
import type { LogLine, Points, RunState, StreamEvents } from '../api.js';
import { createPointStore, type PointStore } from '../point-store.js';

/** Points are handed on at most this often: often enough to look alive, seldom enough to cost little. */
const BATCH_MS = 50;
/** Points of one event; a batch of more is several events. */
const BATCH_POINTS = 4096;
/** Points of a snapshot. */
const SNAPSHOT_POINTS = 4096;
/** Lines of the log that are kept, and that wait for a batch. */
const LOG_LINES = 200;
const LOG_CHARACTERS = 1000;

/** Who follows a run: frames of server-sent events, ready to be written. */
export interface Follower {
  readonly frame: (text: string) => void;
  /** After the last frame. */
  readonly end: () => void;
}

/** A run, going on or ended. */
export interface LiveRun {
  readonly scenario: Scenario;
  readonly store: PointStore;
  readonly state: () => RunState;
  readonly take: (event: RunEvent) => void;
  /** Someone asked it to stop. */
  readonly stopping: () => void;
  readonly end: (outcome: RunOutcome) => void;
  /** What a stream begins with: the state, and a snapshot of each series that has points. */
  readonly opening: () => string;
  /** The state once more, with which a stream ends. */
  readonly closing: () => string;
  /** Frames from now on; gives the function that ends it. Call {@link LiveRun.opening} right before. */
  readonly follow: (follower: Follower) => () => void;
}

/** What it is made from. */
export type RunStart = Pick<RunState, 'id' | 'seed' | 'input' | 'command' | 'startedAtMs'> & {
  readonly scenario: Scenario;
  /** Points that are kept. */
  readonly limit: number;
  readonly wallMs: () => number;
};

/** One server-sent event. JSON has no line feed, so the data is one line. */
const frameOf = <K extends keyof StreamEvents>(name: K, data: StreamEvents[K]): string =>
  `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

interface Batch {
  x: Array<number>;
  y: Array<number>;
}

/** A run that has just begun. */
export const createLiveRun = (start: RunStart): LiveRun => {
  const { scenario, limit, wallMs, ...facts } = start;
  const store = createPointStore(scenario.series, limit);
  const followers = new Set<Follower>();
  const log: Array<LogLine> = [];
  let input = facts.input;
  let status: RunState['status'] = 'running';
  let endedAtMs: number | null = null;
  let progress: RunState['progress'] = null;
  let outcome: RunOutcome | null = null;

  const batches = new Map<string, Batch>();
  let lines: Array<LogLine> = [];
  let progressed = false;
  let timer: NodeJS.Timeout | undefined;

  const state = (): RunState => ({
    ...facts,
    scenario: scenario.id,
    input,
    status,
    endedAtMs,
    progress,
    log: [...log],
    points: store.counts(),
    thinned: store.thinned(),
    outcome,
  });
  const send = (text: string): void => {
    for (const follower of followers) follower.frame(text);
  };
  const sendBatch = (series: string, batch: Batch): void => {
    const points: Points = { series, ...batch };
    send(frameOf('points', points));
    batch.x = [];
    batch.y = [];
  };
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    for (const [series, batch] of batches) if (batch.x.length > 0) sendBatch(series, batch);
    const waiting = lines;
    lines = [];
    for (const line of waiting) send(frameOf('log', line));
    if (progressed && progress !== null) send(frameOf('progress', progress));
    progressed = false;
  };
  const later = (): void => {
    timer ??= setTimeout(flush, BATCH_MS);
  };

  const takePoint = (series: string, x: number, y: number): void => {
    store.add(series, x, y);
    if (followers.size === 0) return;
    let batch = batches.get(series);
    if (batch === undefined) {
      batch = { x: [], y: [] };
      batches.set(series, batch);
    }
    batch.x.push(x);
    batch.y.push(y);
    if (batch.x.length >= BATCH_POINTS) sendBatch(series, batch);
    else later();
  };
  const takeLine = (line: LogLine): void => {
    log.push(line);
    if (log.length > LOG_LINES) log.shift();
    if (followers.size === 0) return;
    lines.push(line);
    if (lines.length > LOG_LINES) lines.shift();
    later();
  };

  return {
    scenario,
    store,
    state,
    take: (event) => {
      switch (event.type) {
        case 'point':
          takePoint(event.series, event.x, event.y);
          break;
        case 'progress': {
          const { type: _, ...rest } = event;
          progress = rest;
          if (followers.size === 0) break;
          progressed = true;
          later();
          break;
        }
        case 'log':
          takeLine({ level: event.level, message: printable(event.message, LOG_CHARACTERS) });
          break;
        case 'control':
          input = { ...input, [event.name]: event.value };
          // In its place among the points: what comes next came after it.
          flush();
          send(frameOf('control', { name: event.name, value: event.value }));
          break;
        default:
      }
    },
    stopping: () => {
      if (status !== 'running') return;
      status = 'stopping';
      flush();
      send(frameOf('state', state()));
    },
    end: (result) => {
      if (outcome !== null) return;
      const stopped = !result.ok && (status === 'stopping' || result.error._tag === 'Aborted');
      outcome = result;
      status = result.ok ? 'done' : stopped ? 'stopped' : 'failed';
      endedAtMs = wallMs();
      flush();
      for (const follower of followers) follower.end();
      followers.clear();
    },
    opening: () => {
      // Whoever joins gets in the snapshot what the others get now.
      flush();
      const snapshots = scenario.series.flatMap(({ id }) => {
        const points = store.snapshot(id, SNAPSHOT_POINTS);
        return points.x.length === 0 ? [] : [frameOf('snapshot', { series: id, ...points })];
      });
      return [frameOf('state', state()), ...snapshots].join('');
    },
    closing: () => frameOf('state', state()),
    follow: (follower) => {
      followers.add(follower);
      return () => void followers.delete(follower);
    },
  };
};
