/** Logs: what version 1 wrote is read for good, and what is no log is refused with its line. */
import { readFileSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import { expect, test } from 'vitest';
import {
  createLogReader,
  decodeLog,
  encodeLogHeader,
  encodeLogStep,
  type Log,
} from '../src/log.js';
import { policyFromJson } from '../src/policies.js';
import { replayLog } from '../src/replay.js';

const text = readFileSync(new URL('fixtures/log-v1.ndjson', import.meta.url), 'utf8');

const read = (from: string): Log => {
  const log = decodeLog(from);
  if (E.isLeft(log)) throw new Error(log.left.message);
  return log.right;
};

test('the log of version 1 replays to the same commands', () => {
  const log = read(text);
  expect(log.truncated).toBe(false);
  const replay = replayLog(log);
  expect(replay).toMatchObject({ right: { _tag: 'Identical', steps: log.steps.length } });
  expect(E.isRight(replay) && replay.right._tag === 'Identical' && replay.right.commands).toBe(
    log.steps.flatMap(({ commands }) => commands).length,
  );
});

test('other policies: the first difference is told', () => {
  const log = read(text);
  const mesh = policyFromJson('full-mesh');
  const replay = replayLog(log, E.isRight(mesh) ? [mesh.right] : []);
  const different = E.isRight(replay) ? replay.right : undefined;
  expect(different?._tag).toBe('Different');
  if (different?._tag !== 'Different') return;
  expect(different.recorded).toEqual(log.steps[different.step]?.commands);
  expect(different.replayed).not.toEqual(different.recorded);
});

test('cut anywhere, a log is read up to its last whole line', () => {
  const header = text.indexOf('\n') + 1;
  for (let at = header; at < text.length; at += 997) {
    const log = read(text.slice(0, at));
    expect(log.truncated).toBe(text[at - 1] !== '\n');
    expect(log.steps.length).toBe(text.slice(0, at).split('\n').length - 2);
  }
});

test('read in pieces, the same steps come', () => {
  const reader = createLogReader();
  const steps = [];
  for (let at = 0; at < text.length; at += 1000) {
    const some = reader.push(text.slice(at, at + 1000));
    if (E.isRight(some)) steps.push(...some.right);
  }
  expect(steps).toEqual(read(text).steps);
  expect(reader.isCut()).toBe(false);
});

test('what is no log is refused, with the line', () => {
  const header = encodeLogHeader({ policies: [] });
  const step = encodeLogStep({ _tag: 'Wake', atMs: 1 }, []);
  const refused = (wrong: string, limits = {}) => {
    const log = decodeLog(wrong, limits);
    return E.isLeft(log) ? log.left.message : 'read';
  };
  expect(refused('')).toMatch(/header/);
  expect(refused('{}\n')).toMatch(/^line 1:/);
  expect(refused(header.replace('"version":1', '"version":2'))).toMatch(/^line 1: .*version/);
  expect(refused(`${header}${step}nonsense\n`)).toMatch(/^line 3:/);
  expect(refused(header + step.replace('"atMs":1', '"atMs":"1"'))).toMatch(/line 2: .*input\.atMs/);
  expect(refused(header + step.replace('"atMs":1', '"atMs":1,"at":2'))).toMatch(
    /line 2: .*input\.at:/,
  );
  expect(refused(header + step + step, { maxSteps: 1 })).toMatch(/^line 3: .*limit 1/);
  expect(refused(`${header}${' '.repeat(300)}`, { maxLineLength: 200 })).toMatch(
    /^line 2: .*limit/,
  );
});

test('policies as JSON: names, options, and what is wrong with them', () => {
  const wrong = (json: unknown): string => {
    const made = policyFromJson(json);
    return E.isLeft(made) ? made.left.message : 'made';
  };
  expect(wrong({ policy: 'max-rtt', maxMs: 100, factor: 3, backoff: { capMs: 5 } })).toBe('made');
  expect(wrong('max-rtt')).toMatch(/maxMs/);
  expect(wrong({ policy: 'max-rtt', maxMs: 100, hold: 5 })).toMatch(/hold: expected one of/);
  expect(wrong({ policy: 'ndiffports', n: 0 })).toMatch(/n: expected a whole number from 1 to 32/);
  expect(wrong('toString')).toMatch(/one of full-mesh/);
  expect(wrong(null)).toMatch(/policy/);
});
