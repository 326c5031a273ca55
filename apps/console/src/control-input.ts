/** Changes of controls as they come on standard input: typed by a person, or as NDJSON. */

import type { Readable } from 'node:stream';
import { decode, renderError } from '@liquid/types';
import type { Scenario } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import { ControlRequest } from './api.js';
import { controlFields, type Controls } from './controls.js';
import { flagOf } from './flags.js';
import { createLineSplitter, parseJsonLine } from './lines.js';
import { plain } from './terminal.js';

/** Octets of one change: an input of a scenario is short. */
const LINE_LIMIT = 64 * 1024;

/** What listens. */
export interface ControlInput {
  readonly input: Readable;
  readonly controls: Controls;
  /** Told once per line that changes nothing, with the reason. */
  readonly onRefused: (message: string) => void;
}

const listen = (
  { input, onRefused }: ControlInput,
  onLine: (line: string) => E.Either<unknown, void>,
  onEnd: () => void,
): (() => void) => {
  const splitter = createLineSplitter({
    limit: LINE_LIMIT,
    onLine: (line) => {
      const done = onLine(line);
      if (E.isLeft(done)) onRefused(renderError(done.left));
    },
    onTooLong: () => onRefused(`a line of controls is longer than ${LINE_LIMIT} octets`),
  });
  const end = (): void => {
    splitter.end();
    onEnd();
  };
  const push = (chunk: Uint8Array): void => splitter.push(chunk);
  // An input that breaks has ended as well.
  input.on('data', push).once('end', end).once('error', end);
  return () => {
    input.off('data', push).off('end', end);
    input.pause();
  };
};

/**
 * Reads NDJSON lines `{ "name", "value" }`, the value in its JSON form.
 *
 * @param onEnd called when the input ends: whoever held it has gone
 */
export const listenJson = (options: ControlInput, onEnd: () => void): (() => void) =>
  listen(
    options,
    (line) =>
      pipe(
        parseJsonLine(line),
        E.mapLeft(() => 'a line of controls is no JSON'),
        E.chainW(decode(ControlRequest, 'control')),
        E.chainW(({ name, value }) => options.controls.set(name, value)),
      ),
    onEnd,
  );

/** Reads what a person types: a name, a space, a value. */
export const listenTyped = (options: ControlInput): (() => void) =>
  listen(
    options,
    (line) => {
      const [, name = '', text = ''] = /^\s*(\S*)\s*(.*?)\s*$/u.exec(line) ?? [];
      return name === '' ? E.right(undefined) : options.controls.setText(name, text);
    },
    () => undefined,
  );

/** The line that says what may be typed; none where nothing may. */
export const controlHint = (scenario: Scenario): string | undefined => {
  const examples = controlFields(scenario).map(([name, field]) => {
    const choices = field.kind === 'boolean' ? ['on', 'off'] : field.choices?.map((it) => it.value);
    return `${flagOf(name).slice(2)} ${choices?.join('|') ?? `<${field.unit ?? field.kind}>`}`;
  });
  return examples.length === 0
    ? undefined
    : plain(`While it runs, type and press Enter: ${examples.join(', or ')}`);
};
