/** Examples print what their comments say: a comment behind `console.log(…)`, or on the next line. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, expect, test, vi } from 'vitest';

const folder = join(import.meta.dirname, '../.examples');

/** The outputs that the comments of an example promise, in the order of the calls. */
const promised = (code: string): ReadonlyArray<string> => {
  const lines = code.split('\n').slice(1);
  return lines.flatMap((line, i) => {
    if (!line.includes('console.log(') || line.includes('// prints')) return [];
    const behind = /\) \/\/ (.+)$/.exec(line)?.[1];
    const below = /^\s*\/\/ (.+)$/.exec(lines[i + 1] ?? '')?.[1];
    const text = behind ?? below;
    return text === undefined ? [] : [text];
  });
};

const show = (value: unknown): string =>
  typeof value === 'string' ? value : inspect(value, { breakLength: Infinity, depth: 5 });

afterEach(() => {
  vi.restoreAllMocks();
});

const modules = readdirSync(folder).filter((name) => /-\d+\.ts$/.test(name));

test('there are examples', () => {
  expect(modules.length).toBeGreaterThan(60);
});

test.each(modules)('%s prints what it says', async (name) => {
  const code = readFileSync(join(folder, name), 'utf8');
  const printed: Array<string> = [];
  vi.spyOn(console, 'log').mockImplementation((...values: ReadonlyArray<unknown>) => {
    printed.push(values.map(show).join(' '));
  });
  await import(`${folder}/${name}?print`);
  for (const text of promised(code)) expect(printed).toContain(text);
});
