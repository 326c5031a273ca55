/**
 * A live ROHC tunnel between two hosts of a lab, as the scenario `rohc-tunnel` and the system tests of `@liquid/rohc`
 * use it: each end is a program of its own inside its namespace.
 *
 * @packageDocumentation
 */
export { keepOrder } from './keep-order.js';
export { type Compression, tunnelMtu, TunnelOptions, TunnelStats } from './options.js';
export { startTunnelEnd, type TunnelEnd } from './worker-process.js';
