/** Who watches a run: a terminal that is redrawn, a program that reads lines, or nobody. */

import { type LogLevel, logLevels } from '@liquid/types';
import type { Progress, RunEvent } from '@liquid/types/scenario';
import type { Output } from './output.js';
import type { Plots } from './plots.js';
import { formatNumber, plain } from './terminal.js';

/** Takes what a run tells while it goes on. */
export interface Watcher {
  readonly take: (event: RunEvent) => void;
  /** Removes what must not stay on the screen, and tells what was held back. */
  readonly end: () => void;
}

/** A screen is redrawn at most this often; more is flicker and work. */
const REDRAW_MS = 100;

/** NDJSON: every event a line. Progress is thinned, for a reader sees no thousand a second. */
export const createJsonWatcher = (output: Output, now: () => number): Watcher => {
  const send = (event: RunEvent): void => output.event(JSON.stringify(event));
  let sent = Number.NEGATIVE_INFINITY;
  let held: RunEvent | undefined;
  return {
    take: (event) => {
      if (event.type !== 'progress') {
        send(event);
        return;
      }
      held = event;
      const finished = event.total !== undefined && event.done >= event.total;
      if (!finished && now() - sent < REDRAW_MS) return;
      sent = now();
      held = undefined;
      send(event);
    },
    end: () => {
      if (held !== undefined) send(held);
    },
  };
};

const isWarning = (level: string): boolean =>
  (logLevels[level as LogLevel] ?? logLevels.warn) >= logLevels.warn;

const warn = (output: Output, event: RunEvent): void => {
  if (event.type === 'log' && isWarning(event.level)) {
    output.note(`${plain(event.level)}: ${plain(event.message)}`);
  }
};

/** Nobody watches: warnings only. */
export const createQuietWatcher = (output: Output): Watcher => ({
  take: (event) => warn(output, event),
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
    take: (event) => {
      switch (event.type) {
        case 'progress':
          last = event;
          draw();
          break;
        case 'point':
          draw();
          break;
        case 'control':
          clear();
          output.note(`${plain(event.name)} is now ${plain(String(event.value))}`);
          break;
        case 'log':
          if (isWarning(event.level)) clear();
          warn(output, event);
          break;
        default:
      }
    },
    end: clear,
  };
};
