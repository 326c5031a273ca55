/** The command line that does what a form asked for: as arguments to be started, and as a line to be read. */

import type { InputField, Scenario } from '@liquid/types/scenario';
import { flagOf } from './flags.js';

const flags = (name: string, field: InputField<unknown>, value: unknown): ReadonlyArray<string> => {
  const text = field.toText(value);
  if (text === field.toText(field.default)) return [];
  const flag = flagOf(name);
  // A field that is on by default has the flag that turns it off.
  if (field.kind === 'boolean') return [value === true ? flag : flag.replace('--', '--no-')];
  // Joined where the text by itself would be taken for a flag, or for nothing.
  return text === '' || text.startsWith('-') ? [`${flag}=${text}`] : [flag, text];
};

/**
 * The arguments of `run` for this input; what is as by default is left out.
 *
 * @param input as the scenario's codec decodes it
 */
export const runArguments = (
  scenario: Scenario,
  input: Readonly<Record<string, unknown>>,
  seed: string,
): ReadonlyArray<string> => [
  'run',
  scenario.id,
  ...Object.entries(scenario.fields).flatMap(([name, field]) => flags(name, field, input[name])),
  '--seed',
  seed,
];

/** An argument as a shell takes it. */
const quote = (argument: string): string =>
  /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;

/** The line that a person may paste into a shell at the root of the repository. */
export const shellLine = (args: ReadonlyArray<string>): string =>
  ['npm start --', ...args.map(quote)].join(' ');
