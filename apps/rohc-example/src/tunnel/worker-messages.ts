/** What the scenario and its programs inside the namespaces say to each other, over Node's message channel. */
import * as t from 'io-ts';
import { Compression, TunnelOptions } from './options.js';

/** One end of the TCP transfers: what it offers, and what it fetches once it is told to begin. */
export const TrafficOptions = t.readonly(
  t.type({
    /** The port on which it offers octets without end, or null. */
    serve: t.union([t.number, t.null]),
    /** Where it fetches from, or null. */
    fetch: t.union([t.readonly(t.type({ address: t.string, port: t.number })), t.null]),
    /** Seed of the octets that it sends. */
    seed: t.number,
  }),
);

export type TrafficOptions = t.TypeOf<typeof TrafficOptions>;

/** What an end of the transfers has sent and received; each hash comes with the end of its stream. */
export const TrafficStats = t.readonly(
  t.type({
    sentBytes: t.number,
    sentSha256: t.union([t.string, t.null]),
    receivedBytes: t.number,
    receivedSha256: t.union([t.string, t.null]),
  }),
);

export type TrafficStats = t.TypeOf<typeof TrafficStats>;

/** What a program is, as its only argument in JSON. */
export const WorkerPlan = t.union([
  t.readonly(t.type({ role: t.literal('tunnel'), options: TunnelOptions })),
  t.readonly(t.type({ role: t.literal('traffic'), options: TrafficOptions })),
]);

export type WorkerPlan = t.TypeOf<typeof WorkerPlan>;

/** What a program is asked; each question is answered once. */
export const Ask = t.union([
  t.readonly(t.type({ _tag: t.literal('Stats') })),
  t.readonly(t.type({ _tag: t.literal('SetCompression'), compression: Compression })),
  t.readonly(t.type({ _tag: t.literal('SetLoss'), percent: t.number })),
  /** Start to fetch. */
  t.readonly(t.type({ _tag: t.literal('Begin') })),
  /** Send no more; what is on its way still arrives. */
  t.readonly(t.type({ _tag: t.literal('Finish') })),
]);

export type Ask = t.TypeOf<typeof Ask>;

/** A question with the number by which its answer is known. */
export const Question = t.readonly(t.type({ id: t.number, ask: Ask }));

export type Question = t.TypeOf<typeof Question>;

/** The number of the sign of life that a program gives once it is open, unasked. */
export const READY = 0;

/** An answer; what it holds depends on the question. */
export const Answer = t.readonly(t.type({ id: t.number, answer: t.unknown }));

export type Answer = t.TypeOf<typeof Answer>;
