/** Inputs that may be changed while a run goes on: checked, told to the run and to whoever watches. */

import { describeError, fromDecodeErrors, notFound, type LiquidError } from '@liquid/types';
import type { ControlChange, InputField, RunEvent, Scenario } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import * as t from 'io-ts';
import { flagOf } from './flags.js';

/** The controls of one run. */
export interface Controls {
  /** Changes one by its JSON form. */
  readonly set: (name: string, value: unknown) => E.Either<LiquidError, void>;
  /** Changes one by what a person typed; the name may be written as in a flag. */
  readonly setText: (name: string, text: string) => E.Either<LiquidError, void>;
  /** For the context of the run. A change that comes before anybody listens waits for the first. */
  readonly onControl: (listener: (change: ControlChange) => void) => () => void;
}

/** The fields that may be changed, in the order of the scenario. */
export const controlFields = (
  scenario: Scenario,
): ReadonlyArray<readonly [string, InputField<unknown>]> =>
  Object.entries(scenario.fields).filter(([name]) => scenario.controls?.includes(name) === true);

const find = (
  scenario: Scenario,
  typed: string,
): E.Either<LiquidError, readonly [string, InputField<unknown>]> => {
  const fields = controlFields(scenario);
  const found = fields.find(([name]) => name === typed || flagOf(name) === `--${typed}`);
  if (found !== undefined) return E.right(found);
  const names = fields.map(([name]) => name).join(', ');
  return E.left(
    notFound({
      what: 'control',
      path: typed.slice(0, 60),
      expected: names === '' ? 'none in this scenario' : names,
    }),
  );
};

/** Checks a change by the JSON form of its value; gives the value that the run gets. */
export const checkControl = (
  scenario: Scenario,
  typed: string,
  value: unknown,
): E.Either<LiquidError, ControlChange & { readonly json: unknown }> =>
  pipe(
    find(scenario, typed),
    E.chain(([name, field]) =>
      pipe(
        field.validate(value, [{ key: '', type: t.unknown, actual: value }]),
        E.bimap(
          (errors): LiquidError => ({ ...fromDecodeErrors(field.title)(errors), path: name }),
          (valid) => ({ name, value: valid, json: field.toJson(valid) }),
        ),
      ),
    ),
  );

/** The controls of a run that tells its events to `emit`. */
export const createControls = (scenario: Scenario, emit: (event: RunEvent) => void): Controls => {
  const listeners = new Set<(change: ControlChange) => void>();
  let early: Array<ControlChange> = [];
  const apply = (change: ControlChange, json: unknown): void => {
    emit({ type: 'control', name: change.name, value: json });
    if (listeners.size === 0) early.push(change);
    for (const listener of listeners) {
      try {
        listener(change);
      } catch (bug) {
        const message = `bug: a listener of control ${change.name} threw: ${describeError(bug).message}`;
        emit({ type: 'log', level: 'error', message });
      }
    }
  };
  return {
    set: (typed, value) =>
      pipe(
        checkControl(scenario, typed, value),
        E.map((change) => apply({ name: change.name, value: change.value }, change.json)),
      ),
    setText: (typed, text) =>
      pipe(
        find(scenario, typed),
        E.chainW(([name, field]) =>
          pipe(
            field.fromText(text),
            E.map((value) => apply({ name, value }, field.toJson(value))),
          ),
        ),
      ),
    onControl: (listener) => {
      // A wrapper of its own, so that the same function added twice is taken off once each.
      const entry = (change: ControlChange): void => listener(change);
      listeners.add(entry);
      const missed = early;
      early = [];
      missed.forEach(entry);
      return () => void listeners.delete(entry);
    },
  };
};
