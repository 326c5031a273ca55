/** A run as a process of its own: the terminal program, whose events and outcome are read as they come. */

import { type ChildProcess, spawn } from 'node:child_process';
import {
  aborted,
  closed,
  decodeJson,
  describeError,
  io,
  limitExceeded,
  type LiquidError,
  printable,
} from '@liquid/types';
import { type RunEvent, RunOutcome } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import type { ControlRequest } from '../api.js';
import { createLineSplitter } from '../lines.js';
import { parseRunEvent } from '../run-events.js';

/** Octets of one event: a log line may be long, a point never is. */
const EVENT_OCTETS = 256 * 1024;
/** Octets of an outcome. */
const OUTCOME_OCTETS = 16 * 1024 * 1024;
/** Octets of changes that may wait for a run that does not read them. */
const CONTROL_OCTETS = 64 * 1024;
/** Lines of a run's last words. */
const LAST_WORDS = 20;
/** Whoever holds the pipes of a process that is gone holds up nobody for longer. */
const PIPES_MS = 1000;

/** What a run is started with. */
export interface ChildOptions {
  /** Program and arguments. */
  readonly command: readonly [string, ...ReadonlyArray<string>];
  readonly cwd: string;
  /** Time between the wish to stop and the end by force. */
  readonly graceMs: number;
  readonly onEvent: (event: RunEvent) => void;
  /** Called once, when nothing of it is left. */
  readonly onEnd: (outcome: RunOutcome) => void;
}

/** A run that goes on. */
export interface ChildRun {
  /** Asks it to stop; after the time of grace it is killed. Idempotent. */
  readonly stop: () => void;
  /** Ends it at once, with all that it started. */
  readonly kill: () => void;
  readonly control: (change: ControlRequest) => E.Either<LiquidError, void>;
  /** Resolves after `onEnd`. */
  readonly ended: Promise<void>;
}

/** Why there is no outcome, in the words of the process itself where it had any. */
const silentEnd = (
  how: { readonly code: number | null; readonly signal: NodeJS.Signals | null },
  words: ReadonlyArray<string>,
  killed: boolean,
  what: string,
): RunOutcome => {
  if (killed) {
    const message = 'the run did not stop in time and was killed';
    return { ok: false, error: describeError(aborted({ message })) };
  }
  const end = how.signal === null ? `exit code ${how.code}` : `signal ${how.signal}`;
  const said = words.length === 0 ? '' : `: ${words.join(' | ')}`;
  return { ok: false, error: describeError(io({ message: `${what} (${end})${said}` })) };
};

/** Kills a process with its group, where it leads one. */
const killGroup = (child: ChildProcess): void => {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
};

/** Starts it. */
export const startChild = (options: ChildOptions): ChildRun => {
  const [program, ...args] = options.command;
  // A group of its own: a Ctrl-C in the terminal reaches the server alone, which stops its runs in order.
  const child = spawn(program, args, {
    cwd: options.cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const words: Array<string> = [];
  const say = (text: string): void => {
    words.push(printable(text, 300));
    if (words.length > LAST_WORDS) words.shift();
  };
  const warn = (message: string): void => options.onEvent({ type: 'log', level: 'warn', message });

  const events = createLineSplitter({
    limit: EVENT_OCTETS,
    onLine: (line) => {
      const event = parseRunEvent(line);
      if (event !== undefined) {
        options.onEvent(event);
        return;
      }
      say(line);
      warn(printable(line));
    },
    onTooLong: () => warn(`a line of more than ${EVENT_OCTETS} octets was left out`),
  });
  child.stderr.on('data', events.push);

  let result: Array<Buffer> = [];
  let size = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > OUTCOME_OCTETS) result = [];
    else result.push(chunk);
  });
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    // The end of the process says all that there is to say.
    stream.on('error', () => undefined);
  }

  let killed = false;
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    if (timer !== undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGINT');
    timer = setTimeout(() => {
      killed = true;
      killGroup(child);
    }, options.graceMs);
  };

  const ended = new Promise<void>((resolve) => {
    let done = false;
    const finish = (code: number | null, signal: NodeJS.Signals | null, failure?: Error): void => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      events.end();
      if (failure !== undefined) say(failure.message);
      const printed = size > OUTCOME_OCTETS ? '' : Buffer.concat(result).toString('utf8').trim();
      const outcome = decodeJson(RunOutcome, { what: 'outcome', limit: OUTCOME_OCTETS })(printed);
      const what =
        size > OUTCOME_OCTETS
          ? `the report is larger than ${OUTCOME_OCTETS} octets`
          : printed === ''
            ? 'the run ended without a result'
            : 'the run ended with no valid result';
      options.onEnd(
        E.isRight(outcome) ? outcome.right : silentEnd({ code, signal }, words, killed, what),
      );
      // What it started and left behind goes with it.
      killGroup(child);
      resolve();
    };
    child.once('error', (error) => finish(null, null, error));
    child.once('close', finish);
    child.once('exit', (code, signal) => {
      setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
        finish(code, signal);
      }, PIPES_MS).unref();
    });
  });

  return {
    stop,
    kill: () => {
      killed = true;
      killGroup(child);
    },
    control: (change) => {
      if (!child.stdin.writable) return E.left(closed({ what: 'the run' }));
      if (child.stdin.writableLength > CONTROL_OCTETS) {
        const message = 'the run does not take the changes that wait already';
        const remedy = 'wait until it has';
        return E.left(limitExceeded({ message, expected: CONTROL_OCTETS, actual: 'more', remedy }));
      }
      child.stdin.write(`${JSON.stringify(change)}\n`);
      return E.right(undefined);
    },
    ended,
  };
};
