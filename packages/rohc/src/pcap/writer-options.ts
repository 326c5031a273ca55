/** What a writer of captures is told: the format, and the interfaces of the frames to come. */

import * as t from 'io-ts';
import type { ByteOrder, CaptureFormat } from './events.js';

/**
 * An interface of a capture to be written.
 *
 * @since 0.1.0
 */
export interface InterfaceToWrite {
  /** LINKTYPE of its frames, 0 to 65535. */
  readonly linkType: number;
  /** Longest frame, in octets; default `DEFAULT_MAX_RECORD_BYTES`. 0: no limit. */
  readonly snapLength?: number;
}

/**
 * What is written, and how.
 *
 * @since 0.1.0
 */
export interface CaptureWriterOptions {
  /** Exactly one for pcap, at least one for pcapng. */
  readonly interfaces: readonly InterfaceToWrite[];
  /** Default `'pcap'`. */
  readonly format?: CaptureFormat;
  /** Default `'little'`. */
  readonly byteOrder?: ByteOrder;
  /** Of timestamps; default `'microseconds'`. Finer parts are cut off. */
  readonly resolution?: 'microseconds' | 'nanoseconds';
}

const between = (least: number, most: number, name: string) =>
  new t.Type<number>(
    name,
    (value): value is number =>
      typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most,
    (value, context) =>
      typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
        ? t.success(value)
        : t.failure(value, context),
    t.identity,
  );

const UINT16 = 0xffff;
const UINT32 = 0xffff_ffff;

/**
 * Checks a {@link CaptureWriterOptions} that came from outside.
 *
 * @since 0.1.0
 */
export const CaptureWriterOptionsCodec = /* @__PURE__ */ t.intersection(
  [
    t.type({
      interfaces: t.array(
        t.intersection([
          t.type({ linkType: between(0, UINT16, 'a link type from 0 to 65535') }),
          t.partial({ snapLength: between(0, UINT32, 'a length from 0 to 4294967295') }),
        ]),
      ),
    }),
    t.partial({
      format: t.keyof({ pcap: null, pcapng: null }),
      byteOrder: t.keyof({ little: null, big: null }),
      resolution: t.keyof({ microseconds: null, nanoseconds: null }),
    }),
  ],
  'CaptureWriterOptions',
);
