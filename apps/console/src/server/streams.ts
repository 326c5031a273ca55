/** Event streams: as many as there is room for, none of them able to make the server wait or grow. */

import type { ServerResponse } from 'node:http';
import { type Clock, limitExceeded } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { SECURITY_HEADERS } from './guard.js';
import type { Limits } from './limits.js';
import type { LiveRun } from './live-run.js';
import { type Refused, refused } from './refusal.js';

/** The streams that are held. */
export interface Streams {
  /** Whether there is room for one more. */
  readonly room: () => E.Either<Refused, void>;
  /** Writes a run's stream as the answer. */
  readonly open: (response: ServerResponse, run: LiveRun) => void;
  readonly count: () => number;
  /** Cuts all and ends the signs of life. */
  readonly stop: () => void;
}

/** A page that lost its stream comes back after this. */
const RETRY_MS = 1000;

/** The id of the last event: a page that comes back with it has seen all, and is told to stay away. */
export const LAST_EVENT = 'end';

interface Stream {
  readonly response: ServerResponse;
  readonly cut: () => void;
  /** Since when its reader lags; undefined where it does not. */
  laggingSince: number | undefined;
}

/** No streams yet. */
export const createStreams = (limits: Limits, clock: Clock): Streams => {
  const streams = new Set<Stream>();
  const pulse = setInterval(
    () => {
      for (const stream of streams) {
        const since = stream.laggingSince;
        if (since === undefined) stream.response.write(': still here\n\n');
        else if (clock.nowMs() - since >= limits.lagMs) stream.cut();
      }
    },
    Math.min(limits.heartbeatMs, limits.lagMs),
  );
  pulse.unref();

  const open = (response: ServerResponse, run: LiveRun): void => {
    const stream: Stream = { response, cut: () => response.destroy(), laggingSince: undefined };
    let unfollow = (): void => undefined;
    let over = false;
    const finish = (): void => {
      over = true;
      if (stream.laggingSince !== undefined) return;
      response.end(`id: ${LAST_EVENT}\n${run.closing()}`);
    };
    const follower = {
      frame: (text: string): void => {
        if (stream.laggingSince !== undefined) return;
        response.write(text);
        // What waits is let go of by the reader alone; nothing is added to it until then.
        if (response.writableLength > limits.streamOctets) stream.laggingSince = clock.nowMs();
      },
      end: finish,
    };
    response.on('drain', () => {
      if (stream.laggingSince === undefined) return;
      stream.laggingSince = undefined;
      // What was left out stands in the snapshots.
      follower.frame(run.opening());
      if (over) finish();
    });
    response.on('error', () => undefined);
    response.on('close', () => {
      unfollow();
      streams.delete(stream);
    });
    streams.add(stream);
    response.writeHead(200, {
      ...SECURITY_HEADERS,
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
    });
    response.write(`retry: ${RETRY_MS}\n\n`);
    follower.frame(run.opening());
    if (run.state().outcome === null) unfollow = run.follow(follower);
    else finish();
  };

  return {
    room: () => {
      if (streams.size < limits.streams) return E.right(undefined);
      const message = `${limits.streams} event streams are open already`;
      const remedy = 'close other pages of the console';
      const expected = limits.streams;
      return E.left(refused(503, limitExceeded({ message, expected, actual: 'more', remedy })));
    },
    open,
    count: () => streams.size,
    stop: () => {
      clearInterval(pulse);
      for (const stream of streams) stream.cut();
    },
  };
};
