/** How a package is tested: fast, unprivileged, its examples among the tests. */
import { defineConfig } from 'vitest/config';
import { writeExamples } from './examples.ts';

export default defineConfig(() => {
  writeExamples(process.cwd());
  return {
    test: {
      include: ['test/**/*.test.ts', '.examples/**/*.test.ts'],
      passWithNoTests: true,
      // A wide watchdog only: no unit test is timed.
      testTimeout: 120_000,
      hookTimeout: 120_000,
    },
  };
});
