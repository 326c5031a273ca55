/** Addresses of the page. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { routeOf, scenarioPath } from '../../page/src/route.ts';

const cases = Number(process.env['LIQUID_CASES'] ?? 1000);

test('home, a scenario, a run of it, and what is neither', () => {
  expect(routeOf('/', '')).toEqual({ name: 'home' });
  expect(routeOf('/index.html', '')).toEqual({ name: 'home' });
  expect(routeOf('/scenarios/rohc-capture', '')).toEqual({
    name: 'scenario',
    id: 'rohc-capture',
    run: null,
  });
  expect(routeOf('/scenarios/rohc-capture/', '?run=')).toMatchObject({ run: null });
  expect(routeOf('/scenarios/a', '?x=1&run=7')).toMatchObject({ id: 'a', run: '7' });
  expect(routeOf('/scenarios/a/b', '')).toEqual({ name: 'unknown', path: '/scenarios/a/b' });
  expect(routeOf('/scenarios/', '')).toEqual({ name: 'unknown', path: '/scenarios/' });
  expect(routeOf('/scenarios/%E0%A4', '')).toEqual({
    name: 'unknown',
    path: '/scenarios/%E0%A4',
  });
});

test('every id and run comes back from its address', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.option(fc.string({ minLength: 1 })), (id, run) => {
      const url = new URL(scenarioPath(id, run), 'http://localhost');
      // What a URL normalises away is no name: `.` and `..` are steps of a path.
      fc.pre(id !== '.' && id !== '..');
      expect(routeOf(url.pathname, url.search)).toEqual({ name: 'scenario', id, run });
    }),
    { numRuns: cases },
  );
});
