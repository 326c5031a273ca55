/** The table by token: whatever is done to it, it holds what a Map would, and older versions stay as they were. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  emptyTable,
  type Table,
  tableDelete,
  tableEntries,
  tableGet,
  tableMap,
  tableSet,
} from '../src/table.js';
import { cases } from './support/cases.js';

interface Entry {
  readonly token: number;
  readonly value: number;
}

/** Few chains, so that many tokens meet in one; and tokens beyond 31 bits. */
const token = fc.oneof(
  fc.integer({ min: 0, max: 3 }).map((n) => n * 1024 + 5),
  fc.constantFrom(0, 31, 32, 1023, 0x8000_0005, 0xffff_ffff),
);

const deed = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), token, value: fc.nat(9) }),
  fc.record({ kind: fc.constant('delete' as const), token }),
  // Doubles some, drops some, leaves the rest.
  fc.record({ kind: fc.constant('map' as const), by: fc.integer({ min: 2, max: 4 }) }),
);

const contents = (table: Table<Entry>): ReadonlyArray<readonly [number, number]> =>
  [...tableEntries(table)]
    .map(({ token: key, value }) => [key, value] as const)
    .sort(([a], [b]) => a - b);

const changed = (by: number, entry: Entry): Entry | undefined => {
  if (entry.value % by === 0) return undefined;
  return entry.value % by === 1 ? entry : { token: entry.token, value: entry.value * 2 };
};

test('a table is a Map that remembers', () => {
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 40 }), (deeds) => {
      let table: Table<Entry> = emptyTable();
      let model = new Map<number, number>();
      const versions: Array<readonly [Table<Entry>, ReturnType<typeof contents>]> = [];
      for (const one of deeds) {
        if (one.kind === 'set') {
          table = tableSet(table, { token: one.token, value: one.value });
          model.set(one.token, one.value);
        } else if (one.kind === 'delete') {
          const before = table;
          table = tableDelete(table, one.token);
          if (!model.delete(one.token)) expect(table).toBe(before);
        } else {
          table = tableMap(table, (entry) => changed(one.by, entry));
          model = new Map(
            [...model].flatMap(([key, value]) => {
              const entry = changed(one.by, { token: key, value });
              return entry === undefined ? [] : [[key, entry.value] as const];
            }),
          );
        }
        expect(table.size).toBe(model.size);
        expect(contents(table)).toEqual([...model].sort(([a], [b]) => a - b));
        for (const [key, value] of model) expect(tableGet(table, key)?.value).toBe(value);
        versions.push([table, contents(table)]);
      }
      for (const [version, was] of versions) expect(contents(version)).toEqual(was);
    }),
    cases(0.01),
  );
});

test('a change that changes nothing gives the same table', () => {
  const table = tableSet(emptyTable<Entry>(), { token: 7, value: 1 });
  expect(tableMap(table, (entry) => entry)).toBe(table);
  expect(tableDelete(table, 8)).toBe(table);
});
