/** Requests to the console: every answer passes its codec, every failure is a value with a sentence for people. */
import type { RenderedError } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import {
  Catalogue,
  type ControlRequest,
  Refusal,
  type RunRequest,
  RunState,
  Upload,
} from '../../src/api.ts';

/** Why a request came to nothing. */
export interface Failure {
  readonly error: RenderedError;
  /** Complaints by input. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Status of HTTP; 0 where no answer came. */
  readonly status: number;
}

export type Answer<A> = E.Either<Failure, A>;

const failure = (status: number, error: RenderedError, inputs = {}): E.Either<Failure, never> =>
  E.left({ status, error, inputs });

const UNREACHED: RenderedError = {
  _tag: 'Closed',
  message: 'The console does not answer',
  remedy: 'look into the terminal where it was started; `npm start` starts it again',
};

/** Reads an answer's text: what was asked for, or the refusal. */
const readAnswer = <A>(codec: t.Type<A, unknown, unknown>, status: number, text: string) => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  if (status >= 200 && status < 300) {
    const value = codec.decode(json);
    if (E.isRight(value)) return value as E.Either<Failure, A>;
    return failure(status, {
      _tag: 'Decode',
      message: 'The console answered with something that this page does not understand',
      remedy: 'reload the page: it may be of another version',
    });
  }
  const refusal = Refusal.decode(json);
  return E.isRight(refusal)
    ? failure(status, refusal.right.error, refusal.right.inputs ?? {})
    : failure(status, { _tag: 'Io', message: `The console answered with status ${status}` });
};

const ask = async <A>(
  codec: t.Type<A, unknown, unknown>,
  path: string,
  body?: unknown,
): Promise<Answer<A>> => {
  try {
    const response = await fetch(
      path,
      body === undefined
        ? { headers: { accept: 'application/json' } }
        : {
            method: 'POST',
            headers: { 'content-type': 'application/json', accept: 'application/json' },
            body: JSON.stringify(body),
          },
    );
    return readAnswer(codec, response.status, await response.text());
  } catch {
    return failure(0, UNREACHED);
  }
};

const runPath = (id: string): string => `/api/runs/${encodeURIComponent(id)}`;

export const getCatalogue = (): Promise<Answer<Catalogue>> => ask(Catalogue, '/api/catalogue');

export const getRuns = (): Promise<Answer<ReadonlyArray<RunState>>> =>
  ask(t.readonlyArray(RunState), '/api/runs');

export const getRun = (id: string): Promise<Answer<RunState>> => ask(RunState, runPath(id));

export const startRun = (request: RunRequest): Promise<Answer<RunState>> =>
  ask(RunState, '/api/runs', request);

export const stopRun = (id: string): Promise<Answer<RunState>> =>
  ask(RunState, `${runPath(id)}/stop`, {});

export const changeControl = (id: string, change: ControlRequest): Promise<Answer<RunState>> =>
  ask(RunState, `${runPath(id)}/controls`, change);

export const eventsPath = (id: string): string => `${runPath(id)}/events`;

/** Where a run's results are downloaded. */
export const downloads = {
  report: (id: string): string => `${runPath(id)}/report.json`,
  series: (id: string): string => `${runPath(id)}/series.csv`,
  plot: (id: string, index: number): string => `${runPath(id)}/plots/${index}.svg`,
};

/**
 * Sends a file. Not with fetch, which can't tell how far it is.
 *
 * @param onShare called with the share that is sent, from 0 to 1
 */
export const sendFile = (
  file: File,
  onShare: (share: number) => void,
  signal: AbortSignal,
): Promise<Answer<Upload>> =>
  new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const end = (answer: Answer<Upload>): void => {
      signal.removeEventListener('abort', stop);
      resolve(answer);
    };
    const stop = (): void => request.abort();
    signal.addEventListener('abort', stop);
    request.open('POST', `/api/files?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.upload.onprogress = ({ loaded, total }) => onShare(total === 0 ? 1 : loaded / total);
    request.onload = () => end(readAnswer(Upload, request.status, request.responseText));
    request.onerror = () => end(failure(0, UNREACHED));
    request.onabort = () =>
      end(failure(0, { _tag: 'Aborted', message: 'The upload was cancelled' }));
    request.send(file);
  });
