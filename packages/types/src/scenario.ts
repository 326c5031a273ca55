/**
 * The scenario contract: how a tool shows itself, in the terminal, on a page and in a test. A scenario
 * is data (what it trades, needs and takes as input) and one function that gives a report.
 *
 * @packageDocumentation
 */
export * from './scenario/definition.js';
export * from './scenario/field.js';
export * from './scenario/input.js';
export * from './scenario/need.js';
export * from './scenario/report.js';
export * from './scenario/series.js';
