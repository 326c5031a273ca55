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
export * from './log.js';
export * from './model.js';
export * from './policies.js';
export * from './policy.js';
export { type Backoff } from './policy/backoff.js';
export { DEFAULT_FULL_MESH, FullMeshOptions, fullMesh } from './policy/full-mesh.js';
export { DEFAULT_LOSSY_PATH, LossyPathOptions, lossyPath } from './policy/lossy-path.js';
export { DEFAULT_MAX_RTT, MaxRttOptions, maxRtt } from './policy/max-rtt.js';
export {
  DEFAULT_MIN_BANDWIDTH,
  MinBandwidthOptions,
  minBandwidth,
} from './policy/min-bandwidth.js';
export { DEFAULT_NDIFFPORTS, NdiffportsOptions, ndiffports } from './policy/ndiffports.js';
export {
  DEFAULT_ONE_INTERFACE,
  OneInterfaceOptions,
  oneInterface,
} from './policy/one-interface.js';
export {
  type ConnectionDecision,
  type ConnectionPolicy,
  type Member,
  type MembersState,
  perConnection,
} from './policy/per-connection.js';
export { DEFAULT_REFRESH, RefreshOptions, refresh } from './policy/refresh.js';
export {
  DEFAULT_RESET_REACTION,
  type Replacement,
  ResetReactionOptions,
  resetReaction,
} from './policy/reset-reaction.js';
export { DEFAULT_SLOW_SUBFLOW, SlowSubflowOptions, slowSubflow } from './policy/slow-subflow.js';
export * from './replay.js';
export { DEFAULT_STATE_OPTIONS, emptyState, type PmState, type StateOptions } from './state.js';
export { type Table } from './table.js';
export { parseSubflowKey } from './command.js';
export * from './doctor.js';
export * from './manager.js';
export * from './path-manager.js';
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
