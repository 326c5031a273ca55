/**
 * Test doubles for what this package makes a parameter (clock, chance, logger), and the conformance
 * suite of scenarios. None of it needs a particular test runner.
 *
 * @packageDocumentation
 */
export * from './testing/clock.js';
export * from './testing/logger.js';
export * from './testing/rng.js';
export * from './testing/scenario.js';
