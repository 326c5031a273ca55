/** Who watches a run: a terminal that is redrawn, a program that reads lines, or nobody. */

import { type Logger, createLogger, logLevels } from '@liquid/types';
import type { Progress, RunEvent } from '@liquid/types/scenario';
import type { Output } from './output.js';
import type { Plots } from './plots.js';
import { formatNumber, plain } from './terminal.js';

/** What a run tells while it goes on. */
export interface Watcher {
  readonly start: (scenario: string, seed: string) => void;
  readonly progress: (progress: Progress) => void;
  readonly point: (series: string, x: number, y: number) => void;
  readonly logger: Logger;
  /** Removes what must not stay on the screen. */
  readonly end: () => void;
}

/** A screen is redrawn at most this often; more is flicker and work. */
const REDRAW_MS = 100;

/** NDJSON: every event a line. Progress is thinned, for a reader sees no thousand a second. */
export const createJsonWatcher = (output: Output, now: () => number): Watcher => {
  const send = (event: RunEvent): void => output.note(JSON.stringify(event));
  let sent = Number.NEGATIVE_INFINITY;
  let held: Progress | undefined;
  return {
    start: (scenario, seed) => send({ type: 'start', scenario, seed }),
    progress: (progress) => {
      held = progress;
      const finished = progress.total !== undefined && progress.done >= progress.total;
      if (!finished && now() - sent < REDRAW_MS) return;
      sent = now();
      held = undefined;
      send({ type: 'progress', ...progress });
    },
    point: (series, x, y) => send({ type: 'point', series, x, y }),
    logger: createLogger(
      ({ level, message, fields }) => {
        const more = Object.keys(fields).length === 0 ? {} : { fields };
        send({ type: 'log', level, message, ...more });
      },
      { level: 'info' },
    ),
    end: () => {
      if (held !== undefined) send({ type: 'progress', ...held });
    },
  };
};

const warn = (output: Output, before: () => void): Logger =>
  createLogger(
    ({ level, message }) => {
      if (logLevels[level] < logLevels.warn) return;
      before();
      output.note(`${level}: ${plain(message)}`);
    },
    { level: 'warn' },
  );

/** Nobody watches: warnings only. */
export const createQuietWatcher = (output: Output): Watcher => ({
  start: () => undefined,
  progress: () => undefined,
  point: () => undefined,
  logger: warn(output, () => undefined),
  end: () => undefined,
});

const describe = ({ done, total, unit, activity }: Progress): string => {
  const share = total === undefined || total === 0 ? '' : `${Math.floor((100 * done) / total)} %  `;
  const of = total === undefined ? '' : ` of ${formatNumber(total)}`;
  const counted = `${formatNumber(done)}${of}${unit === undefined ? '' : ` ${unit}`}`;
  return plain(`${share}${counted}${activity === undefined ? '' : `  ${activity}`}`);
};

/** A status line that is redrawn in place, with the first series at a glance. */
export const createTerminalWatcher = (
  output: Output,
  plots: Plots,
  width: () => number,
  now: () => number,
): Watcher => {
  let drawnAt = Number.NEGATIVE_INFINITY;
  let visible = false;
  let last: Progress | undefined;
  const clear = (): void => {
    // Carriage return, then erase to the end of the line.
    if (visible) output.raw('\r\u001b[K');
    visible = false;
  };
  const draw = (): void => {
    if (last === undefined || now() - drawnAt < REDRAW_MS) return;
    drawnAt = now();
    const text = describe(last);
    const room = Math.min(30, width() - text.length - 4);
    const glance = room >= 8 ? plots.glance(room) : '';
    output.raw(`\r\u001b[K${[...`${text}  ${glance}`].slice(0, width() - 1).join('')}`);
    visible = true;
  };
  return {
    start: () => undefined,
    progress: (progress) => {
      last = progress;
      draw();
    },
    point: () => draw(),
    logger: warn(output, clear),
    end: clear,
  };
};
