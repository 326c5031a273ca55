/** What the proofs are fed with: packets of real kernels, what we make of them, and the public corpus. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMPRESSED_EXPANSION_MAX, type CompressorConfig, createCompressor } from '@liquid/rohc';
import { createIpSpan, ipSpanInto, LINKTYPE_ETHERNET, rohcPacketInto } from '@liquid/rohc/pcap';
import { readCapture, visitCapture } from '@liquid/rohc/pcap/node';
import * as E from 'fp-ts/lib/Either.js';
import { type AckCapture, ackCaptureFile, packetAt, readPackets } from '../captures/packets.ts';
import { right } from './report.ts';

/** A capture's name and its IP packets. */
export interface Source {
  readonly name: string;
  readonly packets: ReadonlyArray<Uint8Array>;
}

const SHIPPED = fileURLToPath(new URL('../../../apps/rohc-example/captures', import.meta.url));

const packetsOf = async (file: string): Promise<ReadonlyArray<Uint8Array>> => {
  const packets = right(await readPackets(file));
  return Array.from({ length: packets.count }, (_, i) => packetAt(packets, i).slice());
};

/** The captures that the project ships. */
export const shippedSources = async (): Promise<ReadonlyArray<Source>> => {
  const sources: Source[] = [];
  for (const file of readdirSync(SHIPPED)
    .filter((name) => name.endsWith('.pcap.gz'))
    .sort()) {
    sources.push({
      name: file.replace('.pcap.gz', ''),
      packets: await packetsOf(join(SHIPPED, file)),
    });
  }
  return sources;
};

/** Acknowledgements of a real kernel: the test data's where they are, else the shipped ones. */
export const ackSource = async (name: AckCapture): Promise<Source> => ({
  name,
  packets: await packetsOf(ackCaptureFile(name)),
});

const dataFolder = (folder: string): string | undefined => {
  const root = process.env['LIQUID_TEST_DATA'];
  const path = root === undefined ? undefined : join(root, 'rohc', folder);
  return path !== undefined && existsSync(path) ? path : undefined;
};

/** A way in which the corpus's own compressor was configured. */
export interface PeerConfiguration {
  readonly name: string;
  readonly config: Partial<CompressorConfig>;
}

export const PEER_CONFIGURATIONS: ReadonlyArray<PeerConfiguration> = [0, 15].flatMap((maxCid) =>
  [4, 64].flatMap((window) =>
    (['small', 'large'] as const).map((cids) => ({
      name: `rohc_maxcontexts${maxCid === 0 ? 1 : 0}_wlsb${window}_${cids}cid`,
      config: { cids, maxCid, window },
    })),
  ),
);

/** A source of the public corpus and the octets that its compressor took, by configuration. */
export interface CorpusSource extends Source {
  readonly peerOctets: (configuration: PeerConfiguration) => number;
}

/** Packets as the corpus's compressor saw them: whatever the EtherType says, padding taken off. */
const networkPackets = async (file: string): Promise<ReadonlyArray<Uint8Array>> => {
  const packets: Uint8Array[] = [];
  const span = createIpSpan();
  // Some captures end in a cut record: what came before it counts.
  await visitCapture(file, (step, { record }) => {
    if (step !== 'record') return;
    const at = record.start + (record.linkType === LINKTYPE_ETHERNET ? 14 : 0);
    ipSpanInto(record.bytes, at, record.start + record.length - at, span);
    packets.push(record.bytes.slice(span.offset, span.offset + span.length));
  })();
  return packets;
};

/** The public corpus; empty without test data. */
export const corpus = async (): Promise<ReadonlyArray<CorpusSource>> => {
  const top = dataFolder('rfc6846');
  if (top === undefined) return [];
  const files = readdirSync(top, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('source.pcap'))
    .sort();
  const sources: CorpusSource[] = [];
  for (const file of files) {
    const name = file.replace('/source.pcap', '');
    sources.push({
      name,
      packets: await networkPackets(join(top, file)),
      // Each packet is there twice, from two compressors that take turns.
      peerOctets: (configuration) =>
        [
          ...readFileSync(join(top, name, `${configuration.name}.sizes`), 'utf8').matchAll(
            /rohc_size = (\d+)/g,
          ),
        ].reduce((sum, [, octets]) => sum + Number(octets), 0) / 2,
    });
  }
  return sources;
};

/** ROHC packets that were made to break decompressors; empty without test data. */
export const malformedPackets = async (): Promise<ReadonlyArray<Uint8Array>> => {
  const folder = dataFolder('malformed');
  if (folder === undefined) return [];
  const packets: Uint8Array[] = [];
  const span = createIpSpan();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.pcap'))) {
    for await (const event of readCapture(join(folder, file))) {
      if (E.isLeft(event) || event.right._tag !== 'Record') continue;
      const { linkType, data } = event.right.record;
      rohcPacketInto(linkType, data, 0, data.length, span);
      packets.push(data.slice(span.offset, span.offset + span.length));
    }
  }
  return packets;
};

/** What a new compressor makes of packets, one for each. */
export const compressAll = (
  packets: ReadonlyArray<Uint8Array>,
  config: Partial<CompressorConfig>,
): ReadonlyArray<Uint8Array> => {
  const compressor = right(createCompressor(config));
  const out = new Uint8Array(65_575 + COMPRESSED_EXPANSION_MAX);
  return packets.map((packet) => {
    const length = compressor.compressInto(packet, out);
    if (length < 0) throw new Error(`bug: a packet of the material gives ${length}`);
    return out.slice(0, length);
  });
};
