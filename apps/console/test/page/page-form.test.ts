/** The form: what is typed becomes the input that the console takes, and complaints stand at their fields. */
import { expect, test } from 'vitest';
import { judgeFile, rangeOf, readForm, valuesOf } from '../../page/src/form-values.ts';
import { formatBytes } from '../../page/src/format.ts';
import type { ListedInput } from '../../src/api.ts';

const input = (name: string, kind: ListedInput['kind'], more = {}): ListedInput => ({
  name,
  flag: `--${name}`,
  kind,
  title: name,
  description: '',
  default: null,
  unit: null,
  min: null,
  max: null,
  choices: null,
  accepts: null,
  control: false,
  ...more,
});

const INPUTS = [
  input('capture', 'file', { accepts: ['.pcap', '.gz'] }),
  input('window', 'integer', { default: 4, min: 1, max: 256 }),
  input('loss', 'number', { default: 0, min: 0 }),
  input('rate', 'quantity', { default: '10 Mbit/s' }),
  input('on', 'boolean', { default: true }),
  input('label', 'text', { default: 'x' }),
];

test('defaults fill the form, and say nothing to the console', () => {
  const values = valuesOf(INPUTS);
  expect(values).toEqual({
    capture: null,
    window: '4',
    loss: '0',
    rate: '10 Mbit/s',
    on: true,
    label: 'x',
  });
  expect(readForm(INPUTS, values)).toEqual({ input: {}, errors: {} });
});

test('what differs is said, each in its JSON form', () => {
  const values = {
    ...valuesOf(INPUTS),
    capture: { file: 'a/b.pcap', name: 'b.pcap', size: 3 },
    window: ' 16 ',
    loss: '2.5',
    rate: '5 Mbit/s',
    on: false,
    label: '',
  };
  expect(readForm(INPUTS, values).input).toEqual({
    capture: 'a/b.pcap',
    window: 16,
    loss: 2.5,
    rate: '5 Mbit/s',
    on: false,
    label: '',
  });
});

test.for([
  ['window', ''],
  ['window', '0x10'],
  ['window', '1.5'],
  ['window', '0'],
  ['window', '257'],
  ['window', '1e999'],
  ['loss', '-1'],
  ['loss', 'much'],
  ['rate', '  '],
])('%s can’t be “%s”', ([name = '', text = '']) => {
  const { errors } = readForm(INPUTS, { ...valuesOf(INPUTS), [name]: text });
  expect(Object.keys(errors)).toEqual([name]);
  expect(errors[name]).toMatch(/^Give /);
});

test('a run’s input fills the form', () => {
  const values = valuesOf(INPUTS, { capture: 'u7/my.pcap', window: 8, on: false });
  expect(values).toMatchObject({
    capture: { file: 'u7/my.pcap', name: 'my.pcap', size: null },
    window: '8',
    on: false,
    rate: '10 Mbit/s',
  });
});

test('a file is judged before it is sent', () => {
  const [capture = input('capture', 'file')] = INPUTS;
  const judge = (name: string, size: number) =>
    judgeFile(capture, { name, size }, 64 * 2 ** 20, formatBytes);
  expect(judge('A.PCAP', 10)).toBeNull();
  expect(judge('a.pcap.gz', 10)).toBeNull();
  expect(judge('a.pcap', 0)).toMatchObject({ kind: 'error' });
  expect(judge('a.pcap', 64 * 2 ** 20)).toBeNull();
  expect(judge('a.pcap', 64 * 2 ** 20 + 1)).toMatchObject({ kind: 'error' });
  expect(judge('a.txt', 10)).toMatchObject({ kind: 'warning' });
});

test('ranges in words', () => {
  expect(rangeOf(input('n', 'integer', { min: 1, max: 256 }))).toBe('1 to 256');
  expect(rangeOf(input('n', 'number', { min: 0 }))).toBe('at least 0');
  expect(rangeOf(input('n', 'number', { max: 20_000 }))).toBe('at most 20,000');
  expect(rangeOf(input('n', 'quantity', { min: 1, max: 2 }))).toBe('');
});
