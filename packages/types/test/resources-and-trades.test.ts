/** Resource vectors form a partial order under component-wise arithmetic; trades are well formed. */
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, test } from 'vitest';
import {
  addResources,
  BitsPerSecond,
  Bytes,
  compareResources,
  Cores,
  coversResources,
  Dimension,
  dimensions,
  EqResources,
  noResources,
  OperationsPerSecond,
  parseTrade,
  printResources,
  printTrade,
  ResourceKind,
  resourceKinds,
  resourceNames,
  Resources,
  resources,
  scaleResources,
  subtractResources,
  Trade,
  Watts,
} from '../src/index.js';
import { cases } from './cases.js';

const small = fc.nat(50);
const vector = fc.tuple(small, small, small, small, small, small).map(
  ([bandwidth, cpu, memory, storage, iops, power]): Resources => ({
    bandwidth: BitsPerSecond.clamp(bandwidth),
    cpu: Cores.clamp(cpu),
    memory: Bytes.clamp(memory),
    storage: Bytes.clamp(storage),
    iops: OperationsPerSecond.clamp(iops),
    power: Watts.clamp(power),
  }),
);
/** Vectors of which each component is mostly equal, or differs by little. */
const near = fc
  .tuple(vector, fc.array(fc.constantFrom(0, 0, 0, 1), { minLength: 6, maxLength: 6 }))
  .map(([a, up]) => {
    const b: Record<string, number> = {};
    for (const [i, name] of resourceNames.entries()) b[name] = a[name] + (up[i] ?? 0);
    return [a, b as unknown as Resources] as const;
  });

describe('resources', () => {
  test('add, subtract and cover as their components do', () => {
    fc.assert(
      fc.property(vector, vector, (a, b) => {
        const sum = addResources(b)(a);
        if (E.isLeft(sum)) throw new Error(sum.left.message);
        for (const name of resourceNames) expect(sum.right[name]).toBe(a[name] + b[name]);
        expect(subtractResources(b)(sum.right)).toEqual(E.right(a));
        expect(coversResources(a)(sum.right)).toBe(true);
        const rest = subtractResources(b)(a);
        expect(E.isRight(rest)).toBe(coversResources(b)(a));
        if (E.isLeft(rest)) {
          const short = resourceNames.find((name) => a[name] < b[name]);
          expect(rest.left.path).toBe(short);
        }
      }),
      cases(0.05),
    );
  });
  test('are partially ordered', () => {
    fc.assert(
      fc.property(fc.oneof(near, fc.tuple(vector, vector)), ([a, b]) => {
        const order = compareResources(a, b);
        const mirrored = {
          less: 'greater',
          greater: 'less',
          equal: 'equal',
          incomparable: 'incomparable',
        };
        expect(compareResources(b, a)).toBe(mirrored[order]);
        expect(order === 'equal').toBe(EqResources.equals(a, b));
        expect(order === 'less' || order === 'equal').toBe(coversResources(a)(b));
        expect(order === 'incomparable').toBe(!coversResources(a)(b) && !coversResources(b)(a));
      }),
      cases(0.1),
    );
  });
  test('scale, and say which component leaves its range', () => {
    expect(scaleResources(0.5)(resources({ memory: Bytes.clamp(3) }))).toEqual(
      E.right(resources({ memory: Bytes.clamp(2) })),
    );
    expect(scaleResources(2)(resources({ storage: Bytes.max }))).toMatchObject(
      E.left({ path: 'storage' }),
    );
    expect(E.isLeft(scaleResources(-1)(noResources))).toBe(true);
    expect(
      addResources(resources({ cpu: Cores.max }))(resources({ cpu: Cores.max })),
    ).toMatchObject(E.left({ path: 'cpu' }));
  });
  test('survive JSON, in text and in numbers', () => {
    fc.assert(
      fc.property(vector, (a) => {
        const json: unknown = JSON.parse(JSON.stringify(Resources.encode(a)));
        expect(Resources.decode(json)).toEqual(E.right(a));
        expect(Resources.decode(JSON.parse(JSON.stringify(a)))).toEqual(E.right(a));
        expect(Resources.is(a)).toBe(true);
      }),
      cases(0.02),
    );
    expect(Resources.decode({})).toEqual(E.right(noResources));
    for (const bad of [null, 5, { cpu: -1 }, { cpu: '1 GB' }, { memory: 0.5 }]) {
      expect([bad, E.isLeft(Resources.decode(bad))]).toEqual([bad, true]);
    }
    expect(Resources.is({ cpu: 1 })).toBe(false);
  });
  test('print for people', () => {
    expect(printResources(noResources)).toBe('nothing');
    expect(
      printResources(resources({ cpu: Cores.clamp(0.25), bandwidth: BitsPerSecond.clamp(1e9) })),
    ).toBe('bandwidth 1 Gbit/s, cpu 0.25 cores');
  });
});

describe('trades', () => {
  const kinds = Object.keys(resourceKinds) as ReadonlyArray<ResourceKind>;
  const side = fc.uniqueArray(fc.constantFrom(...kinds), { minLength: 1, maxLength: 4 });
  test('print and read back', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(dimensions) as ReadonlyArray<Dimension>)),
        side,
        side,
        (dimension, spends, gains) => {
          const trade = { dimension, spends, gains };
          expect(Trade.is(trade)).toBe(true);
          expect(parseTrade(dimension)(printTrade(trade))).toEqual(E.right(trade));
        },
      ),
      cases(0.01),
    );
  });
  test('want both sides, known kinds, none twice', () => {
    for (const text of [
      '',
      'cpu',
      'cpu ->',
      '-> cpu',
      'cpu -> gold',
      'cpu, cpu -> memory',
      'cpu -> memory -> iops',
      'toString -> cpu',
    ]) {
      expect([text, E.isLeft(parseTrade('cross-layer')(text))]).toEqual([text, true]);
    }
    expect(ResourceKind.is('cpu')).toBe(true);
    expect(Dimension.is('cross-time')).toBe(false);
  });
});
