/** How a package is tested: fast, unprivileged, one thread pool. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', '.examples/**/*.test.ts'],
    passWithNoTests: true,
    // A wide watchdog only: no unit test is timed.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
