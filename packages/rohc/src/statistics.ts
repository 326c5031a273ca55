/**
 * Counters of a compressor or decompressor: plain numbers, taken as a snapshot.
 */
import * as t from 'io-ts';

const Counts = t.readonly(t.record(t.string, t.number));

/**
 * Codec of {@link CompressorStats}.
 *
 * @since 0.1.0
 */
export const CompressorStatsCodec = t.readonly(
  t.type({
    packets: t.number,
    bytesIn: t.number,
    bytesOut: t.number,
    headerBytesIn: t.number,
    headerBytesOut: t.number,
    contexts: t.number,
    formats: Counts,
    failures: Counts,
    feedback: t.readonly(t.type({ applied: t.number, discarded: t.number })),
    steps: t.number,
  }),
);

/**
 * What a compressor has done since its creation. `formats` counts packets by `<profile> <format>`; `failures` by error
 * tag; `steps` counts loop turns over untrusted input.
 *
 * @since 0.1.0
 */
export type CompressorStats = t.TypeOf<typeof CompressorStatsCodec>;

/**
 * Codec of {@link DecompressorStats}.
 *
 * @since 0.1.0
 */
export const DecompressorStatsCodec = t.readonly(
  t.type({
    packets: t.number,
    delivered: t.number,
    bytesIn: t.number,
    bytesOut: t.number,
    contexts: t.number,
    formats: Counts,
    failures: Counts,
    repairs: t.number,
    feedback: t.readonly(t.type({ received: t.number, produced: t.number, dropped: t.number })),
    steps: t.number,
  }),
);

/**
 * What a decompressor has done since its creation. `packets` counts what came in, feedback-only packets included;
 * `repairs` those delivered after a second attempt.
 *
 * @since 0.1.0
 */
export type DecompressorStats = t.TypeOf<typeof DecompressorStatsCodec>;
