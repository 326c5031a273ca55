/** What `slices.ts` is told and what it tells. */
import * as t from 'io-ts';

/** What a sink does: slices of `sliceMs` from each source in turn, after one of `warmUpMs` that does not count. */
export const SlicePlan = t.readonly(
  t.type({
    sources: t.readonlyArray(t.type({ name: t.string, address: t.string, port: t.number })),
    slices: t.number,
    sliceMs: t.number,
    warmUpMs: t.number,
  }),
);

export type SlicePlan = t.TypeOf<typeof SlicePlan>;

/** What a source sent on one connection. */
export const Sent = t.readonly(t.type({ port: t.number, bytes: t.number, sha256: t.string }));

export type Sent = t.TypeOf<typeof Sent>;

/** What a sink received from one source; `goodputBps` has each slice, the first to warm up. */
export const Received = t.readonly(
  t.type({
    name: t.string,
    port: t.number,
    bytes: t.number,
    sha256: t.string,
    goodputBps: t.readonlyArray(t.number),
  }),
);

export type Received = t.TypeOf<typeof Received>;
