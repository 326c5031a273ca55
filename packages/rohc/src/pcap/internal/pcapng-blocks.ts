/** The inside of pcapng blocks: interface descriptions with their options, and packet headers. */

import { type Corrupt, corrupt, type Decode, decodeError } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { timestampScale, type TimestampScale } from './timestamp.js';

/** Block types (draft-ietf-opsawg-pcapng); others are skipped. */
export const SECTION_HEADER = 0x0a0d_0d0a;
export const INTERFACE_DESCRIPTION = 1;
export const OBSOLETE_PACKET = 2;
export const SIMPLE_PACKET = 3;
export const ENHANCED_PACKET = 6;

export const BYTE_ORDER_MAGIC = 0x1a2b_3c4d;
export const BYTE_ORDER_MAGIC_SWAPPED = 0x4d3c_2b1a;

/** Octets of a block besides its body: type, total length, total length again. */
export const BLOCK_OVERHEAD = 12;
/** Octets of the fixed fields of a body. */
export const SECTION_HEADER_BODY = 16;
export const INTERFACE_DESCRIPTION_BODY = 8;
export const PACKET_BODY = 20;
export const SIMPLE_PACKET_BODY = 4;

const OPTION_END = 0;
const OPTION_IF_NAME = 2;
export const OPTION_IF_TSRESOL = 9;
const OPTION_IF_TSOFFSET = 14;

/** Names are for people: what is longer is cut. */
const MAX_NAME_BYTES = 256;

const MICROSECONDS = 1_000_000n;

export interface InterfaceDescription {
  readonly linkType: number;
  readonly snapLength: number;
  readonly name: string | null;
  readonly scale: TimestampScale;
}

/** UTF-8 without the host's TextDecoder, which portable types don't know; `null` when it is none. */
const textOf = (bytes: Uint8Array): string | null => {
  let escaped = '';
  for (const byte of bytes.subarray(0, MAX_NAME_BYTES)) {
    if (byte === 0) break;
    escaped += `%${byte.toString(16).padStart(2, '0')}`;
  }
  return E.getOrElse((): string | null => null)(
    E.tryCatch(
      () => decodeURIComponent(escaped),
      () => null,
    ),
  );
};

/**
 * Reads the interface description whose body is `view[start, end)`. `fileOffset` is where `start`
 * lies in the file.
 */
export const readInterface = (
  view: DataView,
  start: number,
  end: number,
  little: boolean,
  fileOffset: number,
): E.Either<Decode | Corrupt, InterfaceDescription> => {
  let name: string | null = null;
  let unitsPerSecond = MICROSECONDS;
  let offsetSeconds = 0;
  let at = start + INTERFACE_DESCRIPTION_BODY;
  while (at + 4 <= end) {
    const code = view.getUint16(at, little);
    const length = view.getUint16(at + 2, little);
    const value = at + 4;
    if (code === OPTION_END) break;
    if (value + length > end) {
      return E.left(
        corrupt({
          what: `option ${code} of an interface description`,
          offset: fileOffset + at - start,
          expected: `at most ${end - value} octets`,
          actual: `${length}`,
        }),
      );
    }
    const wanted = code === OPTION_IF_TSRESOL ? 1 : code === OPTION_IF_TSOFFSET ? 8 : length;
    if (length !== wanted) {
      return E.left(
        decodeError({
          what: code === OPTION_IF_TSRESOL ? 'if_tsresol' : 'if_tsoffset',
          offset: fileOffset + at - start,
          expected: `${wanted} octets`,
          actualText: `${length}`,
        }),
      );
    }
    if (code === OPTION_IF_NAME) {
      name = textOf(new Uint8Array(view.buffer, view.byteOffset + value, length));
    } else if (code === OPTION_IF_TSRESOL) {
      const resolution = view.getUint8(value);
      unitsPerSecond = (resolution & 0x80 ? 2n : 10n) ** BigInt(resolution & 0x7f);
    } else if (code === OPTION_IF_TSOFFSET) {
      offsetSeconds = Number(view.getBigInt64(value, little));
      if (!Number.isSafeInteger(offsetSeconds)) {
        return E.left(
          decodeError({
            what: 'if_tsoffset',
            offset: fileOffset + at - start,
            expected: 'seconds between -2^53 and 2^53',
            actualText: `${offsetSeconds}`,
          }),
        );
      }
    }
    at = value + ((length + 3) & ~3);
  }
  return E.right({
    linkType: view.getUint16(start, little),
    snapLength: view.getUint32(start + 4, little),
    name,
    scale: timestampScale(unitsPerSecond, offsetSeconds),
  });
};
