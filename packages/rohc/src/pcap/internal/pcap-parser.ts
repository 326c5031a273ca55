/** The classic pcap format: one header, then records. */

import { limitExceeded, unsupported } from '@liquid/types';
import type { CaptureStep, FormatParser, ParserState } from './parser-state.js';
import { timestampInto, timestampScale, type TimestampScale } from './timestamp.js';

/** Magic numbers as the writing host sees them. */
export const PCAP_MICROSECONDS = 0xa1b2_c3d4;
export const PCAP_NANOSECONDS = 0xa1b2_3c4d;
/** The same of a host with the other byte order. */
export const PCAP_MICROSECONDS_SWAPPED = 0xd4c3_b2a1;
export const PCAP_NANOSECONDS_SWAPPED = 0x4d3c_b2a1;

export const PCAP_HEADER = 24;
export const PCAP_RECORD_HEADER = 16;

export class PcapParser implements FormatParser {
  readonly #state: ParserState;
  readonly #little: boolean;
  readonly #scale: TimestampScale;
  #place: 'header' | 'interface' | 'records' = 'header';
  #linkType = 0;
  /** Files before version 2.4 were written with the two lengths in either order. */
  #lengthsMaySwap = false;

  constructor(state: ParserState, little: boolean, unitsPerSecond: bigint) {
    this.#state = state;
    this.#little = little;
    this.#scale = timestampScale(unitsPerSecond, 0);
  }

  step(): CaptureStep {
    switch (this.#place) {
      case 'header':
        return this.#header();
      case 'interface':
        this.#place = 'records';
        return 'interface';
      case 'records':
        return this.#record();
    }
  }

  #header(): CaptureStep {
    const { window } = this.#state;
    if (!window.require(PCAP_HEADER)) return this.#state.wait('pcap header', PCAP_HEADER);
    const { view, at } = window;
    const majorVersion = view.getUint16(at + 4, this.#little);
    const minorVersion = view.getUint16(at + 6, this.#little);
    if (majorVersion !== 2) {
      return this.#state.fail(
        unsupported({
          what: 'version of pcap',
          offset: window.position + 4,
          expected: '2',
          actual: `${majorVersion}.${minorVersion}`,
        }),
      );
    }
    this.#lengthsMaySwap = minorVersion < 4;
    // The upper half may tell the length of a frame check sequence; IP lengths take it off anyway.
    this.#linkType = view.getUint32(at + 20, this.#little) & 0xffff;
    this.#state.section = {
      format: 'pcap',
      byteOrder: this.#little ? 'little' : 'big',
      majorVersion,
      minorVersion,
      offset: 0,
    };
    this.#state.sections = 1;
    this.#state.interfaces = [
      {
        id: 0,
        linkType: this.#linkType,
        snapLength: view.getUint32(at + 16, this.#little),
        unitsPerSecond: this.#scale.unitsPerSecond,
        offsetSeconds: 0,
        name: null,
      },
    ];
    window.consume(PCAP_HEADER);
    this.#place = 'interface';
    return 'section';
  }

  #record(): CaptureStep {
    const state = this.#state;
    const { window, record } = state;
    const little = this.#little;
    if (!window.require(PCAP_RECORD_HEADER)) {
      if (state.finished && window.unread() === 0) return 'end';
      return state.wait('pcap record header', PCAP_RECORD_HEADER);
    }
    let length = window.view.getUint32(window.at + 8, little);
    let original = window.view.getUint32(window.at + 12, little);
    if (this.#lengthsMaySwap && length > original) [length, original] = [original, length];
    if (length > state.options.maxRecordBytes) {
      return state.fail(
        limitExceeded({
          what: 'captured length of a pcap record',
          offset: window.position + 8,
          expected: state.options.maxRecordBytes,
          actual: length,
        }),
      );
    }
    const total = PCAP_RECORD_HEADER + length;
    if (!window.require(total)) return state.wait('pcap record', total);
    const { view, at } = window;
    const seconds = view.getUint32(at, little);
    const units = view.getUint32(at + 4, little);
    if (units < this.#scale.divisor) {
      record.hasTimestamp = true;
      record.seconds = seconds;
      record.nanoseconds = units * this.#scale.nanosecondsPerUnit;
    } else {
      // A whole second or more in the fraction: nonsense that some writers produce, taken at its word.
      timestampInto(this.#scale, 0, units, record);
      record.seconds += seconds;
    }
    record.index = state.records;
    record.interfaceId = 0;
    record.linkType = this.#linkType;
    record.originalLength = original;
    record.bytes = window.bytes;
    record.start = at + PCAP_RECORD_HEADER;
    record.length = length;
    record.offset = window.position;
    window.consume(total);
    state.records += 1;
    state.recordBytes += length;
    return 'record';
  }
}
