/**
 * Path management of Multipath TCP.
 *
 * ## Install
 *
 * ```sh
 * npm install @liquid/mptcp-pm
 * ```
 *
 * ## Use
 *
 * ## Concepts
 *
 * ## Options and Errors
 *
 * ## Speed
 *
 * <!-- figures -->
 *
 * ## Limits and Security
 *
 * ## Sources
 *
 * @packageDocumentation
 */
export * from './engine.js';
export * from './estimate.js';
export * from './event.js';
export {
  commandName,
  decodeCommand,
  type PmAddress,
  type PmCommand,
  type PmLimits,
  readAddress,
  readLimits,
  writeCommand,
} from './family-command.js';
export { decodeEvent, type EventDialect, EventReader, writeEvent } from './family-event.js';
export * from './family.js';
export { sameAddress, samePair, sameTuple, subflowKey } from './four-tuple.js';
export * from './input.js';
export * from './model.js';
export * from './policy.js';
export { DEFAULT_STATE_OPTIONS, emptyState, type PmState, type StateOptions } from './state.js';
export { type Table } from './table.js';
export { parseSubflowKey } from './command.js';
export * from './doctor.js';
export * from './manager.js';
export {
  type AddressIdMismatch,
  type AddressNotAvailable,
  type ConnectionClosing,
  type KernelPathManager,
  type MptcpDisabled,
  type PmError,
  type RefusalContext,
  type SubflowNotFound,
  type TcpFallback,
  toPmError,
  type UnknownToken,
} from './error.js';
