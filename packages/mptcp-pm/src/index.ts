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
export * from './event.js';
export * from './model.js';
export * from './policy.js';
