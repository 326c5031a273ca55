/**
 * The shared vocabulary of Liquid Net: quantities, addresses, errors, lifecycle, trades and scenarios.
 *
 * @packageDocumentation
 */
export * from './caught.js';
export * from './decode.js';
export * from './errors.js';
export * from './quantity.js';
export * from './render.js';
export * from './units.js';
