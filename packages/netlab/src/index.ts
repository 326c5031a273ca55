/**
 * Throw-away Linux networks from a typed description: namespaces, veth, bridges, shaping, TUN devices and captures.
 *
 * @packageDocumentation
 */
export * from './description.js';
export * from './names.js';
export * from './plan.js';
export * from './planned.js';
export * from './shaping.js';
