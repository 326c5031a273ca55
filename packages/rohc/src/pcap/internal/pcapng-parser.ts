/** The pcapng format: sections of blocks, each with its length at both ends. */

import { corrupt, decodeError, limitExceeded, unsupported } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { CaptureStep, FormatParser, ParserState } from './parser-state.js';
import {
  BLOCK_OVERHEAD,
  BYTE_ORDER_MAGIC,
  BYTE_ORDER_MAGIC_SWAPPED,
  ENHANCED_PACKET,
  INTERFACE_DESCRIPTION,
  INTERFACE_DESCRIPTION_BODY,
  OBSOLETE_PACKET,
  PACKET_BODY,
  readInterface,
  SECTION_HEADER,
  SECTION_HEADER_BODY,
  SIMPLE_PACKET,
  SIMPLE_PACKET_BODY,
} from './pcapng-blocks.js';
import { timestampInto, type TimestampScale } from './timestamp.js';

const BLOCK_HEADER = 8;
const BLOCK_TRAILER = 4;

/** Shortest body of the blocks that are interpreted; `undefined` for those that are skipped. */
const minimumBody = (type: number): number | undefined => {
  switch (type) {
    case SECTION_HEADER:
      return SECTION_HEADER_BODY;
    case INTERFACE_DESCRIPTION:
      return INTERFACE_DESCRIPTION_BODY;
    case ENHANCED_PACKET:
    case OBSOLETE_PACKET:
      return PACKET_BODY;
    case SIMPLE_PACKET:
      return SIMPLE_PACKET_BODY;
    default:
      return undefined;
  }
};

export class PcapngParser implements FormatParser {
  readonly #state: ParserState;
  #little = true;
  #scales: TimestampScale[] = [];
  /** Octets of a skipped block that are still to come, without its trailer; -1 outside of one. */
  #skip = -1;
  #skipTotal = 0;
  #skipStart = 0;

  constructor(state: ParserState) {
    this.#state = state;
  }

  /** Every turn of the loop consumes a whole skipped block, so its work is bounded by the input. */
  step(): CaptureStep {
    const state = this.#state;
    const { window } = state;
    for (;;) {
      if (this.#skip >= 0) {
        const outcome = this.#skipOn();
        if (outcome !== null) return outcome;
      }
      if (!window.require(BLOCK_HEADER)) {
        if (state.finished && window.unread() === 0) return 'end';
        return state.wait('header of a pcapng block', BLOCK_HEADER);
      }
      // The type of a section header reads the same in both byte orders.
      const type = window.view.getUint32(window.at, this.#little);
      if (type === SECTION_HEADER) {
        if (!window.require(BLOCK_OVERHEAD)) {
          return state.wait('header of a pcapng section', BLOCK_OVERHEAD);
        }
        const magic = window.view.getUint32(window.at + BLOCK_HEADER, true);
        if (magic !== BYTE_ORDER_MAGIC && magic !== BYTE_ORDER_MAGIC_SWAPPED) {
          return state.fail(
            decodeError({
              what: 'byte-order magic of a pcapng section',
              offset: window.position + BLOCK_HEADER,
              expected: '0x1a2b3c4d in either byte order',
              actualText: `0x${magic.toString(16).padStart(8, '0')}`,
            }),
          );
        }
        this.#little = magic === BYTE_ORDER_MAGIC;
      }
      const total = window.view.getUint32(window.at + 4, this.#little);
      const minimum = minimumBody(type);
      const least = BLOCK_OVERHEAD + (minimum ?? 0);
      if (total < least || total % 4 !== 0) {
        return state.fail(
          decodeError({
            what: `total length of a pcapng block of type ${type}`,
            offset: window.position + 4,
            expected: `a multiple of 4, at least ${least}`,
            actualText: `${total}`,
          }),
        );
      }
      if (minimum === undefined) {
        this.#skip = total - BLOCK_OVERHEAD;
        this.#skipTotal = total;
        this.#skipStart = window.position;
        window.consume(BLOCK_HEADER);
        continue;
      }
      if (total > state.options.maxBlockBytes) {
        return state.fail(
          limitExceeded({
            what: `total length of a pcapng block of type ${type}`,
            offset: window.position + 4,
            expected: state.options.maxBlockBytes,
            actual: total,
          }),
        );
      }
      if (!window.require(total)) return state.wait('pcapng block', total);
      const mismatch = this.#trailer(window.at + total - BLOCK_TRAILER, total, window.position);
      if (mismatch !== null) return mismatch;
      const { at, position } = window;
      window.consume(total);
      return this.#block(type, at + BLOCK_HEADER, at + total - BLOCK_TRAILER, position);
    }
  }

  /** Passes over what can't be interpreted; `null` once it lies behind. */
  #skipOn(): CaptureStep | null {
    const { window } = this.#state;
    this.#skip -= window.skip(this.#skip);
    const missing = this.#skip + BLOCK_TRAILER;
    if (this.#skip > 0 || !window.require(BLOCK_TRAILER)) {
      return this.#state.wait('pcapng block', missing);
    }
    const mismatch = this.#trailer(window.at, this.#skipTotal, this.#skipStart);
    if (mismatch !== null) return mismatch;
    window.consume(BLOCK_TRAILER);
    this.#state.skippedBlocks += 1;
    this.#skip = -1;
    return null;
  }

  #trailer(at: number, total: number, start: number): 'failed' | null {
    const repeated = this.#state.window.view.getUint32(at, this.#little);
    if (repeated === total) return null;
    return this.#state.fail(
      corrupt({
        what: 'total length at the end of a pcapng block',
        offset: start + total - BLOCK_TRAILER,
        expected: `${total}`,
        actual: `${repeated}`,
      }),
    );
  }

  #block(type: number, start: number, end: number, position: number): CaptureStep {
    switch (type) {
      case SECTION_HEADER:
        return this.#sectionHeader(start, position);
      case INTERFACE_DESCRIPTION:
        return this.#interfaceDescription(start, end, position);
      case SIMPLE_PACKET:
        return this.#simplePacket(start, end, position);
      default:
        return this.#packet(type, start, end, position);
    }
  }

  #sectionHeader(start: number, position: number): CaptureStep {
    const state = this.#state;
    const { view } = state.window;
    const majorVersion = view.getUint16(start + 4, this.#little);
    const minorVersion = view.getUint16(start + 6, this.#little);
    if (majorVersion !== 1) {
      return state.fail(
        unsupported({
          what: 'version of pcapng',
          offset: position + BLOCK_HEADER + 4,
          expected: '1',
          actual: `${majorVersion}.${minorVersion}`,
        }),
      );
    }
    // The section's own length stands behind the version. It only helps to jump over a section, many
    // writers leave it at -1, and blocks carry their own lengths: it isn't used.
    state.section = {
      format: 'pcapng',
      byteOrder: this.#little ? 'little' : 'big',
      majorVersion,
      minorVersion,
      offset: position,
    };
    state.sections += 1;
    state.interfaces = [];
    this.#scales = [];
    return 'section';
  }

  #interfaceDescription(start: number, end: number, position: number): CaptureStep {
    const state = this.#state;
    const id = state.interfaces.length;
    if (id >= state.options.maxInterfaces) {
      return state.fail(
        limitExceeded({
          what: 'interfaces of a pcapng section',
          offset: position,
          expected: state.options.maxInterfaces,
          actual: id + 1,
        }),
      );
    }
    const read = readInterface(
      state.window.view,
      start,
      end,
      this.#little,
      position + BLOCK_HEADER,
    );
    if (E.isLeft(read)) return state.fail(read.left);
    const { linkType, snapLength, name, scale } = read.right;
    this.#scales.push(scale);
    state.interfaces.push({
      id,
      linkType,
      snapLength,
      unitsPerSecond: scale.unitsPerSecond,
      offsetSeconds: scale.offsetSeconds,
      name,
    });
    return 'interface';
  }

  #packet(type: number, start: number, end: number, position: number): CaptureStep {
    const { view } = this.#state.window;
    const little = this.#little;
    const interfaceId =
      type === ENHANCED_PACKET ? view.getUint32(start, little) : view.getUint16(start, little);
    const scale = this.#scales[interfaceId];
    if (scale === undefined) return this.#noInterface(interfaceId, position);
    const length = view.getUint32(start + 12, little);
    const fault = this.#checkLength(length, end - start - PACKET_BODY, position + 20);
    if (fault !== null) return fault;
    const { record } = this.#state;
    timestampInto(
      scale,
      view.getUint32(start + 4, little),
      view.getUint32(start + 8, little),
      record,
    );
    const original = view.getUint32(start + 16, little);
    return this.#emit(interfaceId, start + PACKET_BODY, length, original, position);
  }

  #simplePacket(start: number, end: number, position: number): CaptureStep {
    const interface0 = this.#state.interfaces[0];
    if (interface0 === undefined) return this.#noInterface(0, position);
    const original = this.#state.window.view.getUint32(start, this.#little);
    // Its captured length isn't written: the frame, cut by the interface's snap length. A block that
    // is shorter than that was cut some other way.
    const snapped =
      interface0.snapLength === 0 ? original : Math.min(original, interface0.snapLength);
    const length = Math.min(snapped, end - start - SIMPLE_PACKET_BODY);
    const fault = this.#checkLength(length, length, position + BLOCK_HEADER);
    if (fault !== null) return fault;
    const { record } = this.#state;
    record.hasTimestamp = false;
    record.seconds = 0;
    record.nanoseconds = 0;
    return this.#emit(0, start + SIMPLE_PACKET_BODY, length, original, position);
  }

  #noInterface(id: number, position: number): 'failed' {
    return this.#state.fail(
      corrupt({
        what: 'interface of a pcapng packet',
        offset: position + BLOCK_HEADER,
        expected: `one of the ${this.#state.interfaces.length} described`,
        actual: `interface ${id}`,
      }),
    );
  }

  #checkLength(length: number, room: number, offset: number): 'failed' | null {
    const { maxRecordBytes } = this.#state.options;
    const what = 'captured length of a pcapng packet';
    if (length > room) {
      return this.#state.fail(
        corrupt({ what, offset, expected: `at most ${room}`, actual: `${length}` }),
      );
    }
    return length > maxRecordBytes
      ? this.#state.fail(limitExceeded({ what, offset, expected: maxRecordBytes, actual: length }))
      : null;
  }

  #emit(
    interfaceId: number,
    start: number,
    length: number,
    original: number,
    position: number,
  ): 'record' {
    const state = this.#state;
    const { record } = state;
    record.index = state.records;
    record.interfaceId = interfaceId;
    record.linkType = state.interfaces[interfaceId]?.linkType ?? 0;
    record.originalLength = original;
    record.bytes = state.window.bytes;
    record.start = start;
    record.length = length;
    record.offset = position;
    state.records += 1;
    state.recordBytes += length;
    return 'record';
  }
}
