/**
 * The shared vocabulary of Liquid Net: quantities, addresses, errors, lifecycle, trades and scenarios.
 *
 * @packageDocumentation
 */
export * from './abort.js';
export * from './caught.js';
export * from './clock.js';
export * from './decode.js';
export * from './errors.js';
export * from './logger.js';
export * from './quantity.js';
export * from './render.js';
export * from './rng.js';
export * from './trade.js';
export * from './units.js';
