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
export * from './endpoint.js';
export * from './ip-address.js';
export * from './ipv4.js';
export * from './ipv6.js';
export * from './mac.js';
export * from './prefix.js';
export * from './big-quantity.js';
export * from './conversions.js';
export * from './events.js';
export * from './resources.js';
export * from './running.js';
export * from './scale.js';
