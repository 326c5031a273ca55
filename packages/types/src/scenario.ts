/**
 * The shared vocabulary of Liquid Net: quantities, addresses, errors, lifecycle, trades and scenarios.
 *
 * @packageDocumentation
 */
export {};
