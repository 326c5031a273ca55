import { expect, test } from 'vitest';
import { scenarios } from '../src/index.js';

test('every scenario has an input of its own defaults', () => {
  for (const scenario of scenarios) expect(scenario.input.decode({})._tag).toBe('Right');
});
