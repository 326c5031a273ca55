/** io-ts errors become one sentence with path, expected and actual. */
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { describe, expect, test } from 'vitest';
import {
  Bytes,
  type Decode,
  decode,
  decodeJson,
  Endpoint,
  listDecodeErrors,
} from '../src/index.js';
import { cases } from './cases.js';

const left = <A>(result: E.Either<Decode, A>): Decode => {
  if (E.isRight(result)) throw new Error('expected a Left');
  return result.left;
};

const Rate = t.type({ rate: Bytes });

describe('decode', () => {
  test('gives the path through objects and arrays', () => {
    const Plan = t.type({ links: t.array(t.exact(Rate)), 'odd key': t.string });
    const value = { links: [{ rate: 1 }, { rate: -1 }], 'odd key': 5 };
    expect(left(decode(Plan, 'plan')(value))).toEqual({
      _tag: 'Decode',
      path: 'links[1].rate',
      expected: 'a whole number of bytes from 0 to 2^53 − 1',
      actual: '-1',
      message:
        'plan at links[1].rate: expected a whole number of bytes from 0 to 2^53 − 1, got -1 (and 1 more)',
    });
    const result = Plan.decode(value);
    const all = E.isLeft(result) ? listDecodeErrors()(result.left) : [];
    expect(all.map(({ path }) => path)).toEqual(['links[1].rate', '["odd key"]']);
  });
  test('looks through intersections, refinements, exact, readonly, partial', () => {
    const codec = t.readonly(
      t.exact(
        t.intersection([t.type({ a: t.string }), t.partial({ b: t.strict({ c: t.number }) })]),
      ),
    );
    expect(left(decode(codec)({ a: 'x', b: { c: 'y' } }))).toMatchObject({
      path: 'b.c',
      expected: 'number',
      actual: '"y"',
    });
  });
  test('of a union takes the branch that fits best', () => {
    const Shape = t.union([
      t.type({ kind: t.literal('circle'), radius: t.number }),
      t.type({ kind: t.literal('box'), size: t.type({ width: t.number }) }),
    ]);
    expect(left(decode(Shape)({ kind: 'box', size: { width: 'w' } }))).toMatchObject({
      path: 'size.width',
      expected: 'number',
    });
    expect(left(decode(Shape)({ kind: 'circle' })).path).toBe('radius');
    const Untagged = t.type({
      u: t.union([t.type({ a: t.number }), t.type({ b: t.type({ c: t.string }) })]),
    });
    expect(left(decode(Untagged)({ u: { b: { c: 1 } } })).path).toBe('u.b.c');
  });
  test('offers all alternatives of one place', () => {
    const Maybe = t.type({ x: t.union([t.number, t.null, Endpoint]) });
    expect(left(decode(Maybe)({ x: 'y' })).expected).toMatch(
      /^number or null or an address and a port/,
    );
    const many = t.union([
      t.literal(1),
      t.literal(2),
      ...Array.from({ length: 20 }, (_, i) => t.literal(i + 3)),
    ] as never);
    expect(left(decode(many as unknown as t.Type<unknown>)('z')).expected).toMatch(/ or …$/);
  });
  test('does not throw on recursive types, hostile keys and live objects', () => {
    interface Tree {
      kids: Array<Tree>;
    }
    const Tree: t.Type<Tree> = t.recursion('Tree', () => t.type({ kids: t.array(Tree) }));
    expect(
      left(decode(Tree as t.Type<Tree, unknown, unknown>)({ kids: [{ kids: [{ kids: 5 }] }] }))
        .path,
    ).toBe('kids[0].kids[0].kids');
    const map = t.record(t.string, t.number);
    expect(left(decode(map)(JSON.parse('{"__proto__":"x","\\u001b":1}'))).path).toBe('__proto__');
    expect(left(decode(map)({ '\u001b[2J': 'x' })).path).toBe(String.raw`["\x1b[2J"]`);
    const trap = {
      get a(): never {
        throw new Error('no');
      },
    };
    expect(left(decode(t.type({ a: t.number }))(trap as never)).actual).toBe('unreadable value');
  });
  test('every Left of a random value is short and has a sentence', () => {
    const codec = t.type({
      a: t.union([Rate, t.array(Rate), t.literal('x')]),
      b: t.partial({ c: Endpoint }),
    });
    fc.assert(
      fc.property(fc.anything(), fc.anything(), fc.anything(), (a, c, b) => {
        for (const value of [a, { a, b }, { a: [{ rate: a }], b: { c } }]) {
          const result = decode(codec)(value);
          if (E.isRight(result)) continue;
          expect(result.left.message.length).toBeLessThan(2000);
          expect(result.left.expected).not.toBe('');
        }
      }),
      cases(0.03),
    );
  });
});

describe('decodeJson', () => {
  test('bounds, parses and decodes', () => {
    expect(decodeJson(Rate)('{"rate":5}')).toEqual(E.right({ rate: 5 }));
    expect(left(decodeJson(Rate)('{')).expected).toBe('JSON');
    expect(left(decodeJson(Rate, { limit: 3 })('"long"')).expected).toBe(
      'at most 3 characters of JSON',
    );
  });
});
