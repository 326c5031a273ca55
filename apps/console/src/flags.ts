/** Flags made from a scenario's fields, and texts read back from them. */

import type { InputField, Scenario } from '@liquid/types/scenario';
import { Option } from 'commander';
import { plain } from './terminal.js';

/** `maxPackets` is `--max-packets`. */
export const flagOf = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

const describe = (field: InputField<unknown>): string => {
  const text = field.kind === 'file' ? '' : field.toText(field.default);
  const choices = field.choices?.map(({ value }) => value).join(', ');
  const limits = [
    field.min === undefined ? '' : `from ${field.min}`,
    field.max === undefined ? '' : `to ${field.max}`,
  ].filter((part) => part !== '');
  const more = [
    choices === undefined ? '' : `one of ${choices}`,
    field.kind === 'quantity' || field.kind === 'choice' ? '' : limits.join(' '),
    text === '' ? '' : `default ${text}`,
  ].filter((part) => part !== '');
  const hint = more.length === 0 ? '' : ` (${more.join('; ')})`;
  return plain(`${field.description}${hint}`);
};

const PLACEHOLDERS = {
  text: 'text',
  number: 'number',
  integer: 'n',
  boolean: '',
  choice: 'name',
  quantity: 'amount',
  file: 'file',
} as const;

/** One flag per field; a yes-or-no field that is on by default has the flag that turns it off. */
export const optionOf = (name: string, field: InputField<unknown>): Option => {
  const flag = flagOf(name);
  if (field.kind !== 'boolean') {
    return new Option(`${flag} <${PLACEHOLDERS[field.kind]}>`, describe(field));
  }
  const written = field.default === true ? flag.replace('--', '--no-') : flag;
  return new Option(written, plain(field.description));
};

/** The texts that were given, by field, from commander's parsed options. */
export const textsOf = (
  scenario: Scenario,
  parsed: Readonly<Record<string, unknown>>,
  given: (name: string) => boolean,
): Readonly<Record<string, string>> => {
  const texts: Record<string, string> = {};
  for (const [name, field] of Object.entries(scenario.fields)) {
    const attribute = optionOf(name, field).attributeName();
    if (given(attribute)) texts[name] = String(parsed[attribute]);
  }
  return texts;
};
