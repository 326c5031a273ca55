/** What a form holds: texts as typed, read into the JSON form that the console takes. */
import type { ListedInput } from '../../src/api.ts';
import { formatNumber } from './format.ts';

/** A file of the reader that the console has, or has yet to get. */
export interface GivenFile {
  /** What the input is; null until it is sent. */
  readonly file: string | null;
  readonly name: string;
  readonly size: number | null;
}

/** What a field holds: a text as typed, yes or no, or a file. */
export type FormValue = string | boolean | GivenFile | null;

export type FormValues = Readonly<Record<string, FormValue>>;

/** Complaints by field. */
export type FormErrors = Readonly<Record<string, string>>;

/** The last part of a path: what a person calls the file. */
const baseName = (path: string): string => path.split(/[\\/]/).pop() ?? path;

const valueOf = (input: ListedInput, json: unknown): FormValue => {
  if (input.kind === 'boolean') return json === true;
  if (input.kind === 'file') {
    return typeof json === 'string' && json !== ''
      ? { file: json, name: baseName(json), size: null }
      : null;
  }
  return typeof json === 'string' || typeof json === 'number' ? String(json) : '';
};

/** The form of an input as a run has it; what is missing takes its default. */
export const valuesOf = (
  inputs: ReadonlyArray<ListedInput>,
  json: Readonly<Record<string, unknown>> = {},
): FormValues =>
  Object.fromEntries(
    inputs.map((input) => [
      input.name,
      valueOf(input, Object.hasOwn(json, input.name) ? json[input.name] : input.default),
    ]),
  );

/** What a number field allows, in words; empty where it allows any. */
export const rangeOf = ({ min, max, kind }: ListedInput): string => {
  if (kind !== 'number' && kind !== 'integer') return '';
  if (min !== null && max !== null) return `${formatNumber(min)} to ${formatNumber(max)}`;
  if (min !== null) return `at least ${formatNumber(min)}`;
  return max === null ? '' : `at most ${formatNumber(max)}`;
};

type Read = { readonly json: unknown } | { readonly error: string };

const readNumber = (input: ListedInput, text: string): Read => {
  const { kind, min, max } = input;
  // Number('') is 0 and Number('0x10') is 16: neither is what a person means by a number.
  const json = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : Number.NaN;
  const fits =
    Number.isFinite(json) &&
    (min === null || json >= min) &&
    (max === null || json <= max) &&
    (kind === 'number' || Number.isSafeInteger(json));
  if (fits) return { json };
  const noun = kind === 'integer' ? 'a whole number' : 'a number';
  const range = rangeOf(input);
  return {
    error: `Give ${noun}${range === '' ? '' : `, ${range.replace(/^(?=[-\d])/, 'from ')}`}.`,
  };
};

/** Reads one field. */
export const readValue = (input: ListedInput, value: FormValue): Read => {
  if (input.kind === 'boolean') return { json: value === true };
  if (input.kind === 'file') {
    return { json: typeof value === 'object' && value !== null ? value.file : null };
  }
  const text = typeof value === 'string' ? value : '';
  if (input.kind === 'number' || input.kind === 'integer') return readNumber(input, text);
  if (input.kind === 'quantity' && text.trim() === '') {
    return { error: `Give an amount with its unit, as in ${String(input.default)}.` };
  }
  return { json: text };
};

/** All fields: the input with what differs from the defaults, or the complaints. */
export const readForm = (
  inputs: ReadonlyArray<ListedInput>,
  values: FormValues,
): { readonly input: Readonly<Record<string, unknown>>; readonly errors: FormErrors } => {
  const input: Record<string, unknown> = {};
  const errors: Record<string, string> = {};
  for (const field of inputs) {
    const read = readValue(field, values[field.name] ?? null);
    if ('error' in read) errors[field.name] = read.error;
    else if (read.json !== null && read.json !== field.default) input[field.name] = read.json;
  }
  return { input, errors };
};

/** Why a file can't be taken, or what to mind about it; null where nothing is to be said. */
export const judgeFile = (
  input: ListedInput,
  file: { readonly name: string; readonly size: number },
  limit: number,
  sizeText: (bytes: number) => string,
): { readonly kind: 'error' | 'warning'; readonly text: string } | null => {
  if (file.size === 0) return { kind: 'error', text: `${file.name} is empty.` };
  if (file.size > limit) {
    const text = `${file.name} has ${sizeText(file.size)}; the page takes files of up to ${sizeText(limit)}. In the terminal any size will do.`;
    return { kind: 'error', text };
  }
  const accepts = input.accepts ?? [];
  const name = file.name.toLowerCase();
  if (accepts.length === 0 || accepts.some((ending) => name.endsWith(ending.toLowerCase()))) {
    return null;
  }
  const text = `${file.name} does not end in ${accepts.join(', ').replace(/, ([^,]*)$/, ' or $1')}; it may not be what this scenario reads.`;
  return { kind: 'warning', text };
};
