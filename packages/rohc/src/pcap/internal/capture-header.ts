/** What stands in front of the records of a capture that is written. */

import type { CaptureFormat } from '../events.js';
import { PCAP_HEADER, PCAP_MICROSECONDS, PCAP_NANOSECONDS } from './pcap-parser.js';
import {
  BLOCK_OVERHEAD,
  BYTE_ORDER_MAGIC,
  INTERFACE_DESCRIPTION,
  INTERFACE_DESCRIPTION_BODY,
  OPTION_IF_TSRESOL,
  SECTION_HEADER,
  SECTION_HEADER_BODY,
} from './pcapng-blocks.js';

/** Code, length, one octet and its padding. */
const TSRESOL_OPTION = 8;
const END_OF_OPTIONS = 4;

/** The settings of a writer, with every default filled in. */
export interface Writing {
  readonly format: CaptureFormat;
  readonly little: boolean;
  readonly nanoseconds: boolean;
  readonly interfaces: readonly { readonly linkType: number; readonly snapLength: number }[];
}

export const pcapHeader = ({ little, nanoseconds, interfaces }: Writing): Uint8Array => {
  const out = new Uint8Array(PCAP_HEADER);
  const view = new DataView(out.buffer);
  view.setUint32(0, nanoseconds ? PCAP_NANOSECONDS : PCAP_MICROSECONDS, little);
  view.setUint16(4, 2, little);
  view.setUint16(6, 4, little);
  view.setUint32(16, interfaces[0]?.snapLength ?? 0, little);
  view.setUint32(20, interfaces[0]?.linkType ?? 0, little);
  return out;
};

export const pcapngHeader = ({ little, nanoseconds, interfaces }: Writing): Uint8Array => {
  const section = BLOCK_OVERHEAD + SECTION_HEADER_BODY;
  const description =
    BLOCK_OVERHEAD +
    INTERFACE_DESCRIPTION_BODY +
    (nanoseconds ? TSRESOL_OPTION + END_OF_OPTIONS : 0);
  const out = new Uint8Array(section + interfaces.length * description);
  const view = new DataView(out.buffer);
  view.setUint32(0, SECTION_HEADER, little);
  view.setUint32(4, section, little);
  view.setUint32(8, BYTE_ORDER_MAGIC, little);
  view.setUint16(12, 1, little);
  // The length of the section isn't known yet, which is written as -1.
  view.setBigInt64(16, -1n, little);
  view.setUint32(24, section, little);
  interfaces.forEach(({ linkType, snapLength }, index) => {
    const at = section + index * description;
    view.setUint32(at, INTERFACE_DESCRIPTION, little);
    view.setUint32(at + 4, description, little);
    view.setUint16(at + 8, linkType, little);
    view.setUint32(at + 12, snapLength, little);
    if (nanoseconds) {
      view.setUint16(at + 16, OPTION_IF_TSRESOL, little);
      view.setUint16(at + 18, 1, little);
      view.setUint8(at + 20, 9);
    }
    view.setUint32(at + description - 4, description, little);
  });
  return out;
};
