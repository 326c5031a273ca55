/**
 * Packet formats as they occur: the compressor turns the shipped captures into ROHC, the dissector
 * takes packets of each format apart, and the pages draw what it says.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  COMPRESSED_EXPANSION_MAX,
  type CompressorConfig,
  createCompressor,
  createDissector,
  formatName,
  type RohcNode,
  type RohcPacketTree,
} from '@liquid/rohc';
import { createIpSpan, ipPacketInto } from '@liquid/rohc/pcap';
import { visitCapture } from '@liquid/rohc/pcap/node';
import * as E from 'fp-ts/lib/Either.js';

const captures = fileURLToPath(new URL('../../../apps/rohc-example/captures', import.meta.url));

/** One field of a packet, with the part of the packet that it stands in. */
export interface DrawnField {
  readonly name: string;
  readonly part: string;
  readonly bitOffset: number;
  readonly bitLength: number;
  readonly raw: string;
  readonly value?: number | string;
  readonly meaning?: string;
  /** Whether the same bits stand in every packet of this format: they say which format it is. */
  readonly fixed: boolean;
}

export interface DrawnFormat {
  readonly format: string;
  /** Octets of headers in this packet; what the packet carries behind them travels as it is. */
  readonly octets: number;
  readonly payload: number;
  /** Octets of headers before compression. */
  readonly before: number;
  readonly capture: string;
  /** Number of the packet in its capture, from 1. */
  readonly packet: number;
  readonly cid: number;
  /** The compressor's settings where they are not the defaults. */
  readonly settings: string;
  readonly hex: string;
  readonly fields: readonly DrawnField[];
}

export interface FormatData {
  readonly drawn: readonly DrawnFormat[];
  /** Formats of RFC 6846 that no packet of the shipped captures needs. */
  readonly absent: readonly string[];
  readonly captures: number;
  readonly packets: number;
}

declare const data: FormatData;
export { data };

const PROFILE = 0x0006;

/** All formats of the profile, in the order in which the page shows them. */
const FORMATS: readonly string[] = Array.from({ length: 20 }, (_, i) => formatName(PROFILE, i));

/** Largest packet that a capture can hold. */
const PACKET_MAX = 65_575;

/** The defaults, then settings that bring out what the defaults avoid. */
const SETTINGS: readonly (readonly [string, Partial<CompressorConfig>])[] = [
  ['', {}],
  ['repetitions 1, window 1', { repetitions: 1, window: 1 }],
];

const right = <A>(result: E.Either<{ readonly message: string }, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left.message);
  return result.right;
};

/** The leaves with the name of the outermost part that each stands in. */
const fieldsOf = (nodes: readonly RohcNode[], part: string): readonly DrawnField[] =>
  nodes.flatMap((node) => {
    const { name, bitOffset, bitLength, raw = '', value, meaning, children } = node;
    if (children !== undefined) return fieldsOf(children, part === '' ? name : part);
    return [
      {
        name,
        part: part === '' ? name : part,
        bitOffset,
        bitLength,
        raw,
        ...(value === undefined ? {} : { value }),
        ...(meaning === undefined ? {} : { meaning }),
        fixed: /^(?:discriminator|packet type|profile)$/.test(name),
      },
    ];
  });

const hexOf = (octets: Uint8Array): string =>
  [...octets].map((octet) => octet.toString(16).padStart(2, '0')).join(' ');

const drawingOf = (
  tree: RohcPacketTree,
  packet: Uint8Array,
  original: number,
  from: { readonly capture: string; readonly packet: number; readonly settings: string },
): DrawnFormat => {
  const all = fieldsOf(tree.nodes, '');
  const payload = all.filter(({ name }) => name === 'payload');
  const behind = payload.reduce((sum, { bitLength }) => sum + bitLength / 8, 0);
  const octets = tree.length - behind;
  return {
    format: tree.format,
    octets,
    payload: behind,
    before: original - behind,
    cid: tree.cid,
    ...from,
    hex: hexOf(packet.subarray(0, octets)),
    fields: all.filter(({ name }) => name !== 'payload'),
  };
};

/** Whether a drawing shows more of the usual case: an earlier setting, then fewer octets. */
const isBetter = (one: DrawnFormat, other: DrawnFormat | undefined): boolean =>
  other === undefined || (one.settings === other.settings && one.octets < other.octets);

export default {
  watch: [join(captures, '*.pcap.gz')],
  async load(): Promise<FormatData> {
    const best = new Map<string, DrawnFormat>();
    const names = readdirSync(captures)
      .filter((name) => name.endsWith('.pcap.gz'))
      .sort();
    const out = new Uint8Array(PACKET_MAX + COMPRESSED_EXPANSION_MAX);
    const span = createIpSpan();
    let packets = 0;
    for (const [settings, config] of SETTINGS) {
      for (const name of names) {
        const compressor = right(createCompressor(config));
        const dissector = right(createDissector());
        let number = 0;
        const visited = await visitCapture(join(captures, name), (step, { record }) => {
          if (step !== 'record') return;
          const { bytes, start, linkType } = record;
          const length = ipPacketInto(linkType, bytes, start, record.length, span);
          number++;
          if (length <= 0) return;
          if (settings === '') packets++;
          const size = compressor.compressInto(bytes, out, 0, span.offset, span.offset + length);
          if (size < 0) throw new Error(`bug: packet ${number} of ${name} gives ${size}`);
          const packet = out.slice(0, size);
          const tree = right(dissector.dissect(packet));
          const from = { capture: name.replace('.pcap.gz', ''), packet: number, settings };
          const drawing = drawingOf(tree, packet, length, from);
          if (tree.profile === PROFILE && isBetter(drawing, best.get(tree.format))) {
            best.set(tree.format, drawing);
          }
        })();
        right(visited);
      }
    }
    return {
      drawn: FORMATS.flatMap((format) => best.get(format) ?? []),
      absent: FORMATS.filter((format) => !best.has(format)),
      captures: names.length,
      packets,
    };
  },
};
