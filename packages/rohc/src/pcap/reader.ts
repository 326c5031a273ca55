/** A push parser: chunks of a capture in, at any boundaries; sections, interfaces and records out. */

import { type Decode, decode, decodeError, unsupported } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import type {
  CaptureError,
  CaptureEvent,
  CaptureInterface,
  CaptureRecord,
  CaptureRecordView,
  CaptureSection,
} from './events.js';
import { type CaptureStep, type FormatParser, ParserState } from './internal/parser-state.js';
import {
  PCAP_HEADER,
  PCAP_MICROSECONDS,
  PCAP_MICROSECONDS_SWAPPED,
  PCAP_NANOSECONDS,
  PCAP_NANOSECONDS_SWAPPED,
  PcapParser,
} from './internal/pcap-parser.js';
import { SECTION_HEADER } from './internal/pcapng-blocks.js';
import { PcapngParser } from './internal/pcapng-parser.js';
import {
  CaptureReaderOptionsCodec,
  type CaptureReaderOptions,
  DEFAULT_MAX_BLOCK_BYTES,
  DEFAULT_MAX_INTERFACES,
  DEFAULT_MAX_RECORD_BYTES,
} from './options.js';

export type { CaptureStep } from './internal/parser-state.js';

/**
 * What a reader has seen so far.
 *
 * @since 0.1.0
 */
export interface CaptureReaderStats {
  /** Octets of the file that were consumed. */
  readonly bytes: number;
  readonly sections: number;
  readonly records: number;
  /** Octets of the records' frames. */
  readonly recordBytes: number;
  /** Blocks of pcapng that aren't interpreted (names, statistics, secrets, custom blocks). */
  readonly skippedBlocks: number;
}

/**
 * A push parser of pcap and pcapng, told apart by their first four octets.
 *
 * There are two ways to use it. {@link CaptureReader.push} and {@link CaptureReader.end} return the
 * events as objects. {@link CaptureReader.feed}, {@link CaptureReader.finish} and
 * {@link CaptureReader.step} are the same without allocation: the step says what came, and
 * {@link CaptureReader.record} shows it. Whatever was read before an error is yielded before it.
 *
 * @since 0.1.0
 */
export interface CaptureReader {
  /**
   * Takes the next octets and yields what they complete. `chunk` is borrowed: it mustn't change before
   * the iteration has ended. What isn't iterated is yielded by the next call. A `Left` is the last.
   */
  readonly push: (chunk: Uint8Array) => IterableIterator<E.Either<CaptureError, CaptureEvent>>;
  /** The input has ended: yields what is left, and `Truncated` if that isn't whole. */
  readonly end: () => IterableIterator<E.Either<CaptureError, CaptureEvent>>;
  /** Takes the next octets; `chunk` is borrowed until `step` has returned `'more'` or `'end'`. */
  readonly feed: (chunk: Uint8Array) => void;
  /** The input has ended. */
  readonly finish: () => void;
  /**
   * Goes on to the next thing in the file. `'record'`, `'section'`, `'interface'`: look at the member
   * of that name (of `interfaces`, the last). `'more'`: feed or finish. `'end'`: the file ended where
   * it may. `'failed'`: see `error`; further steps return the same. Allocates nothing per record.
   */
  readonly step: () => CaptureStep;
  /** The record of the last `'record'`; the same object each time, its bytes borrowed. */
  readonly record: CaptureRecordView;
  /** The section that is being read; `null` before the first. */
  readonly section: CaptureSection | null;
  /** The interfaces described so far in this section. */
  readonly interfaces: readonly CaptureInterface[];
  /** Why reading failed; `null` as long as it hasn't. */
  readonly error: CaptureError | null;
  /** Counters so far, as a snapshot. */
  readonly stats: () => CaptureReaderStats;
}

const MAGIC = 4;
const GZIP_MAGIC = 0x1f8b;
/** A variant with longer record headers that some kernels of the nineties were patched to write. */
const PCAP_MODIFIED = 0xa1b2_cd34;
const PCAP_MODIFIED_SWAPPED = 0x34cd_b2a1;

class Reader implements CaptureReader {
  readonly #state: ParserState;
  #parser: FormatParser | null = null;
  #errorYielded = false;

  constructor(state: ParserState) {
    this.#state = state;
  }

  get record(): CaptureRecordView {
    return this.#state.record;
  }

  get section(): CaptureSection | null {
    return this.#state.section;
  }

  get interfaces(): readonly CaptureInterface[] {
    return this.#state.interfaces;
  }

  get error(): CaptureError | null {
    return this.#state.error;
  }

  readonly feed = (chunk: Uint8Array): void => {
    // After a failure nothing is read any more, and so nothing must be kept.
    if (this.#state.error === null) this.#state.window.push(chunk);
  };

  readonly finish = (): void => {
    this.#state.finished = true;
  };

  readonly step = (): CaptureStep => {
    if (this.#state.error !== null) return 'failed';
    return this.#parser === null ? this.#open() : this.#parser.step();
  };

  readonly push = (chunk: Uint8Array): IterableIterator<E.Either<CaptureError, CaptureEvent>> => {
    this.feed(chunk);
    return this.#drain();
  };

  readonly end = (): IterableIterator<E.Either<CaptureError, CaptureEvent>> => {
    this.finish();
    return this.#drain();
  };

  readonly stats = (): CaptureReaderStats => {
    const { window, sections, records, recordBytes, skippedBlocks } = this.#state;
    return { bytes: window.position, sections, records, recordBytes, skippedBlocks };
  };

  /** Tells the formats apart. */
  #open(): CaptureStep {
    const state = this.#state;
    const { window } = state;
    if (!window.require(MAGIC)) return state.wait('capture', PCAP_HEADER);
    const magic = window.view.getUint32(window.at, false);
    switch (magic) {
      case PCAP_MICROSECONDS:
      case PCAP_MICROSECONDS_SWAPPED:
        this.#parser = new PcapParser(state, magic === PCAP_MICROSECONDS_SWAPPED, 1_000_000n);
        return this.#parser.step();
      case PCAP_NANOSECONDS:
      case PCAP_NANOSECONDS_SWAPPED:
        this.#parser = new PcapParser(state, magic === PCAP_NANOSECONDS_SWAPPED, 1_000_000_000n);
        return this.#parser.step();
      case SECTION_HEADER:
        this.#parser = new PcapngParser(state);
        return this.#parser.step();
      default:
        return state.fail(unknownMagic(magic));
    }
  }

  *#drain(): IterableIterator<E.Either<CaptureError, CaptureEvent>> {
    for (;;) {
      const step = this.step();
      switch (step) {
        case 'more':
        case 'end':
          return;
        case 'failed':
          if (this.#state.error !== null && !this.#errorYielded) {
            this.#errorYielded = true;
            yield E.left(this.#state.error);
          }
          return;
        default:
          yield E.right(this.#event(step));
      }
    }
  }

  #event(step: 'record' | 'section' | 'interface'): CaptureEvent {
    const { section, interfaces, record, options } = this.#state;
    if (step === 'record') return { _tag: 'Record', record: recordOf(record, options.borrow) };
    const last = interfaces[interfaces.length - 1];
    if (step === 'interface' && last !== undefined) return { _tag: 'Interface', interface: last };
    if (section === null) throw new Error('bug: an event without a section');
    return { _tag: 'Section', section };
  }
}

const unknownMagic = (magic: number): CaptureError => {
  const actual = `0x${magic.toString(16).padStart(8, '0')}`;
  if (magic >>> 16 === GZIP_MAGIC) {
    return unsupported({
      what: 'compressed capture',
      offset: 0,
      expected: 'pcap or pcapng',
      actual: 'gzip',
      remedy: 'decompress it first, or read it with readCapture of @liquid/rohc/pcap/node',
    });
  }
  if (magic === PCAP_MODIFIED || magic === PCAP_MODIFIED_SWAPPED) {
    return unsupported({
      what: 'patched variant of pcap',
      offset: 0,
      expected: 'pcap or pcapng',
      actual,
      remedy: 'convert it with a capture tool to pcap',
    });
  }
  return decodeError({
    what: 'capture',
    offset: 0,
    expected: 'a pcap or pcapng file (first octets a1b2c3d4, a1b23c4d or 0a0d0d0a)',
    actualText: actual,
  });
};

/**
 * The record that a view shows, as an object of its own. `borrow` leaves its data where it is: valid
 * until the reader goes on.
 *
 * @since 0.1.0
 */
export const recordOf = (view: CaptureRecordView, borrow = false): CaptureRecord => {
  const { bytes, start, length } = view;
  const data = borrow ? bytes.subarray(start, start + length) : bytes.slice(start, start + length);
  return {
    index: view.index,
    interfaceId: view.interfaceId,
    linkType: view.linkType,
    timestampNs: view.hasTimestamp
      ? BigInt(view.seconds) * 1_000_000_000n + BigInt(view.nanoseconds)
      : null,
    originalLength: view.originalLength,
    data,
    offset: view.offset,
  };
};

/**
 * A reader of one capture. It holds at most one record (or one interpreted block) besides the chunks
 * it was handed, and never allocates by a length that the file announces.
 *
 * Left: `Decode`, when the options are invalid.
 *
 * @example
 * ```ts
 * import * as E from 'fp-ts/lib/Either.js';
 * import { createCaptureReader, createCaptureWriter, LINKTYPE_RAW } from '@liquid/rohc/pcap';
 *
 * const writer = createCaptureWriter({ interfaces: [{ linkType: LINKTYPE_RAW }] });
 * const reader = createCaptureReader();
 * if (E.isRight(writer) && E.isRight(reader)) {
 *   for (const event of reader.right.push(writer.right.header())) {
 *     console.log(E.isRight(event) && event.right._tag); // Section, then Interface
 *   }
 *   console.log([...reader.right.end()].length); // 0: the file may end here
 * }
 * ```
 *
 * @since 0.1.0
 */
export const createCaptureReader = (
  options: CaptureReaderOptions = {},
): E.Either<Decode, CaptureReader> =>
  pipe(
    decode(CaptureReaderOptionsCodec, 'options of a capture reader')(options),
    E.map(
      (given) =>
        new Reader(
          new ParserState({
            maxRecordBytes: given.maxRecordBytes ?? DEFAULT_MAX_RECORD_BYTES,
            maxBlockBytes: given.maxBlockBytes ?? DEFAULT_MAX_BLOCK_BYTES,
            maxInterfaces: given.maxInterfaces ?? DEFAULT_MAX_INTERFACES,
            borrow: given.borrow ?? false,
          }),
        ),
    ),
  );
