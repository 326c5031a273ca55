/** Base errors: constructors, foreign exceptions, rendering of anything at all. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, test } from 'vitest';
import {
  aborted,
  attempt,
  attemptTask,
  closed,
  conflict,
  corrupt,
  decodeError,
  describeError,
  fromUnknown,
  io,
  isLiquidError,
  isTagged,
  limitExceeded,
  liquidErrorTags,
  notFound,
  permission,
  readRenderedError,
  RenderedError,
  renderError,
  rootCause,
  timeout,
  truncated,
  unsupported,
} from '../src/index.js';
import { cases } from './cases.js';

// What a terminal or a log reader could act on, said independently of the implementation: by category.
const HOSTILE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

const hostile = {
  get message(): string {
    throw new Error('no');
  },
  _tag: 'X',
};

describe('constructors', () => {
  const one = [
    decodeError({ expected: 'a', actual: 1 }),
    truncated({ offset: 1, expected: 2, actual: 1 }),
    limitExceeded({ expected: 1, actual: 2 }),
    unsupported({}),
    permission({}),
    notFound({ path: 'x' }),
    timeout({}),
    aborted({}),
    closed({}),
    conflict({}),
    corrupt({}),
    io({}),
  ];
  test('make each tag, in the order of the list', () => {
    expect(one.map((error) => error._tag)).toEqual(liquidErrorTags);
    for (const error of one) {
      expect(isLiquidError(error)).toBe(true);
      expect(error.message).toMatch(/\S/);
      expect(error.message).not.toMatch(/undefined|^\s|\s$/);
    }
  });
  test('leave out what is undefined', () => {
    expect(Object.keys(io({ path: undefined, code: 'EIO' })).sort()).toEqual([
      '_tag',
      'code',
      'message',
    ]);
  });
  test('take an explicit message', () => {
    expect(closed({ message: 'gone' })).toEqual({ _tag: 'Closed', message: 'gone' });
  });
  test('abbreviate what came', () => {
    const long = 'x'.repeat(10_000);
    expect(decodeError({ expected: 'y', actual: long }).message.length).toBeLessThan(200);
    expect(decodeError({ expected: 'y', actual: [1, 2, 3] }).actual).toBe('array of 3');
    expect(decodeError({ expected: 'y', actual: { a: 1, b: 2 } }).actual).toBe('object {a, b}');
    expect(decodeError({ expected: 'y', actual: undefined }).actual).toBe('nothing');
    expect(decodeError({ expected: 'y', actual: new Uint8Array(3) }).actual).toBe('3 bytes');
  });
});

describe('isTagged', () => {
  test('wants both texts', () => {
    expect(isTagged({ _tag: 'A', message: 'b' })).toBe(true);
    expect(isTagged({ _tag: 'A' })).toBe(false);
    expect(isTagged(null)).toBe(false);
    expect(isTagged(hostile)).toBe(false);
  });
});

describe('fromUnknown', () => {
  const of = (code: string, more: object = {}) =>
    fromUnknown('it')(Object.assign(new Error(code), { code, ...more }));

  test('chooses the tag by the code', () => {
    const tags = {
      ENOENT: 'NotFound',
      EACCES: 'Permission',
      EPERM: 'Permission',
      EEXIST: 'Conflict',
      EADDRINUSE: 'Conflict',
      ETIMEDOUT: 'Timeout',
      ABORT_ERR: 'Aborted',
      EPIPE: 'Closed',
      ECONNRESET: 'Closed',
      ENOSYS: 'Unsupported',
      EMFILE: 'LimitExceeded',
      ENOSPC: 'LimitExceeded',
      EIO: 'Io',
      constructor: 'Io',
    };
    for (const [code, tag] of Object.entries(tags))
      expect([code, of(code)._tag]).toEqual([code, tag]);
  });
  test('makes errno positive and keeps the place', () => {
    expect(of('ENOENT', { errno: -2, path: '/x' })).toMatchObject({ errno: 2, path: '/x' });
    expect(of('ECONNREFUSED', { address: '::1', port: 9 })).toMatchObject({ path: '[::1]:9' });
  });
  test('passes base errors through and wraps those of packages', () => {
    const own = { _tag: 'CrcMismatch', message: 'CRC-8 differs' };
    expect(fromUnknown()(closed({ message: 'm' }))).toEqual({ _tag: 'Closed', message: 'm' });
    expect(fromUnknown('reading')(own)).toMatchObject({ _tag: 'Io', cause: own });
  });
  test('follows causes, also of an AggregateError, and ends in a cycle', () => {
    const inner = Object.assign(new Error('i'), { code: 'ECONNRESET' });
    expect(fromUnknown()(new Error('o', { cause: inner })).cause?._tag).toBe('Closed');
    expect(fromUnknown()(new AggregateError([inner], 'all')).cause?._tag).toBe('Closed');
    const cycle = new Error('c');
    cycle.cause = cycle;
    expect(renderError(fromUnknown()(cycle))).toBe('c');
  });
  test('reads the exceptions that Node really throws', async () => {
    const missing = await attemptTask('opening', () => readFile('/no/such/file'))();
    expect(missing).toMatchObject(
      E.left({ _tag: 'NotFound', errno: 2, code: 'ENOENT', path: '/no/such/file' }),
    );
    const folder = await attemptTask('reading', () => readFile('/'))();
    expect(folder).toMatchObject(E.left({ _tag: 'Io', code: 'EISDIR' }));
    const stopped = await attemptTask('x', () => readFile('/', { signal: AbortSignal.abort() }))();
    expect(stopped).toMatchObject(E.left({ _tag: 'Aborted' }));
    const late = AbortSignal.timeout(1);
    await once(late, 'abort');
    expect(fromUnknown()(late.reason)._tag).toBe('Timeout');
    const first = createServer().listen(0, '127.0.0.1');
    await once(first, 'listening');
    const { port } = first.address() as { port: number };
    const second = createServer().listen(port, '127.0.0.1');
    const [error] = await once(second, 'error').catch((caught: unknown) => [caught]);
    expect(fromUnknown('listening')(error)).toMatchObject({
      _tag: 'Conflict',
      path: `127.0.0.1:${port}`,
    });
    first.close();
  });
  test('never throws', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true }), (value) => {
        expect(isLiquidError(fromUnknown('x')(value))).toBe(true);
      }),
      cases(0.05),
    );
    const trap = new Proxy(
      {},
      {
        get: () => {
          throw new Error('trap');
        },
      },
    );
    expect(fromUnknown('x')(trap)._tag).toBe('Io');
  });
  test('attempt catches', () => {
    expect(attempt('x', () => 1)).toEqual(E.right(1));
    expect(attempt('parsing', () => JSON.parse('{') as unknown)._tag).toBe('Left');
  });
});

describe('renderError', () => {
  test('shows message, causes and the first remedy', () => {
    const cause = io({ message: 'disk says no', remedy: 'change the disk' });
    expect(renderError(corrupt({ message: 'log is torn', cause }))).toBe(
      'log is torn: disk says no - change the disk',
    );
  });
  test('does not repeat a cause that the message already says', () => {
    const cause = io({ message: 'EIO' });
    expect(renderError(io({ message: 'reading: EIO', cause }))).toBe('reading: EIO');
  });
  test('escapes what a terminal would act on', () => {
    const line = renderError(notFound({ path: '\u001b[31m\n\u202e\ud800x\u0007' }));
    expect(line).toBe(String.raw`\x1b[31m\n\u202e\ud800x\x07 does not exist`);
  });
  test('is one safe line of bounded length for anything', () => {
    fc.assert(
      fc.property(fc.anything(), fc.string({ unit: 'binary' }), (value, text) => {
        for (const error of [value, { _tag: text, message: text, remedy: text, cause: value }]) {
          const line = renderError(error);
          expect(line).not.toMatch(HOSTILE);
          expect(line.length).toBeLessThanOrEqual(1000);
        }
      }),
      cases(0.05),
    );
    expect(renderError(hostile)).not.toBe('');
    expect(renderError('x'.repeat(1e6)).length).toBe(1000);
  });
  test('ends on cycles and on long chains', () => {
    const cycle: { _tag: string; message: string; cause?: unknown } = { _tag: 'A', message: 'a' };
    cycle.cause = cycle;
    expect(renderError(cycle)).toBe('a');
    let chain = io({ message: 'm0' });
    for (let i = 1; i < 100; i++) chain = io({ message: `m${i}`, cause: chain });
    expect(renderError(chain).split(': ')).toHaveLength(9);
    expect(rootCause(chain).message).toBe('m91');
  });
});

describe('RenderedError', () => {
  test('survives JSON', () => {
    fc.assert(
      fc.property(fc.anything(), fc.string(), fc.double(), (actual, path, offset) => {
        const error = decodeError({ expected: 'x', actual, path, offset, cause: io({ path }) });
        const json: unknown = JSON.parse(JSON.stringify(describeError(error)));
        expect(json).toEqual(describeError(error));
        expect(RenderedError.is(json)).toBe(true);
        expect(E.isRight(readRenderedError(json))).toBe(true);
      }),
      cases(0.02),
    );
  });
  test('refuses other things', () => {
    expect(RenderedError.is({ _tag: 'A' })).toBe(false);
    expect(RenderedError.is({ _tag: 'A', message: 'b', cause: { _tag: 1 } })).toBe(false);
  });
});
