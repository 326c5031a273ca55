/** Lines of a run's stream, read back: each checked as the codec of events has it. */

import { RunEvent } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import { parseJsonLine } from './lines.js';

const isPoint = (value: unknown): value is RunEvent => {
  if (typeof value !== 'object' || value === null) return false;
  const { type, series, x, y } = value as {
    readonly [K in 'type' | 'series' | 'x' | 'y']?: unknown;
  };
  return type === 'point' && typeof series === 'string' && Number.isFinite(x) && Number.isFinite(y);
};

/**
 * The event of a line; undefined where it is none. Points, of which there may be millions, are checked
 * by hand: the codec of the union tries each kind in turn.
 */
export const parseRunEvent = (line: string): RunEvent | undefined => {
  const json = parseJsonLine(line);
  if (E.isLeft(json)) return undefined;
  if (isPoint(json.right)) return json.right;
  const event = RunEvent.decode(json.right);
  return E.isRight(event) ? event.right : undefined;
};
