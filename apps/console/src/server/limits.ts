/** Every bound of the server, in one place. */

import { MOST_POINTS } from '../point-store.js';

/** What the server takes at most. */
export interface Limits {
  /** Octets of an upload. */
  readonly uploadOctets: number;
  /** Octets of all uploads together; the oldest go first. */
  readonly uploadsOctets: number;
  /** Files that are received at once. */
  readonly uploadsAtOnce: number;
  /** Octets of a JSON body. */
  readonly bodyOctets: number;
  /** How deep JSON may nest. */
  readonly jsonDepth: number;
  /** Event streams that are held. */
  readonly streams: number;
  /** Octets that may wait in a stream for its reader; beyond, points are left out until it catches up. */
  readonly streamOctets: number;
  /** Time in which a reader must catch up, or it is cut. */
  readonly lagMs: number;
  /** Between two signs of life of an idle stream. */
  readonly heartbeatMs: number;
  /** Runs that go on at once. */
  readonly runs: number;
  /** Runs that are kept, those that go on included. */
  readonly runsKept: number;
  /** Points that a run keeps. */
  readonly points: number;
  /** Points that all runs that have ended keep together. */
  readonly pointsKept: number;
  /** Time for a run to stop by itself; then it is killed. */
  readonly graceMs: number;
  /** Time for the head of a request. */
  readonly headMs: number;
  /** Time for a whole request. */
  readonly requestMs: number;
  /** Connections at once. */
  readonly connections: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** The bounds unless told otherwise. */
export const DEFAULT_LIMITS: Limits = {
  uploadOctets: 64 * MIB,
  uploadsOctets: 512 * MIB,
  uploadsAtOnce: 4,
  bodyOctets: 64 * KIB,
  jsonDepth: 32,
  streams: 64,
  streamOctets: 2 * MIB,
  lagMs: 15_000,
  heartbeatMs: 15_000,
  runs: 4,
  runsKept: 16,
  points: MOST_POINTS,
  pointsKept: 4 * MOST_POINTS,
  graceMs: 10_000,
  headMs: 10_000,
  requestMs: 60_000,
  connections: 2048,
};
