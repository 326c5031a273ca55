/**
 * Throw-away Linux networks from a typed description: namespaces, veth, bridges, shaping, TUN devices and captures.
 *
 * @packageDocumentation
 */
export * from './capture.js';
export * from './description.js';
export * from './doctor.js';
export * from './names.js';
export * from './netlab.js';
export * from './plan.js';
export * from './planned.js';
export * from './process.js';
export * from './shaping.js';
export * from './sweep.js';
export * from './tun.js';
