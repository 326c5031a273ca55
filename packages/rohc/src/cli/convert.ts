/** `rohc compress` and `rohc decompress`: a capture in, a capture out. */
import { decodeError, type Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { namedFailures } from '../compressor.js';
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from '../pcap/ip-packet.js';
import { DEFAULT_MAX_RECORD_BYTES } from '../pcap/options.js';
import { ETHERTYPE_ROHC } from '../pcap/rohc-frame.js';
import { CaptureOutput, LINK_ROOM } from './capture-output.js';
import { FormatCounts, type FormatCount, renderCounts, renderPasses } from './counts.js';
import { type CapturedPacket, type PacketCounts, visitPackets } from './packets.js';
import { counted, grouped, type Session, usage } from './session.js';
import { compressorOf, decompressorOf, type Settings } from './settings.js';

/** What `compress` and `decompress` report. */
export interface Conversion extends PacketCounts {
  /** What the input held. */
  readonly from: 'ip' | 'rohc';
  /** Records of the capture that was written. */
  readonly written: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Packets that could not be carried over, by error tag. */
  readonly failures: Readonly<Record<string, number>>;
  readonly formats: readonly FormatCount[];
}

/** Room for the longest frame, a link header and what ROHC adds. */
const ROOM = LINK_ROOM + DEFAULT_MAX_RECORD_BYTES + 256;

/** What turns one packet into another: the length in `out` behind {@link LINK_ROOM}, 0 for nothing, or a code. */
interface Converter {
  readonly from: 'ip' | 'rohc';
  readonly convert: (packet: CapturedPacket, out: Uint8Array) => number;
  readonly etherTypeOf: (out: Uint8Array) => number;
  /** Profile and format of the last packet converted. */
  readonly lastProfile: () => number;
  readonly lastFormat: () => number;
}

const run = async (
  session: Session,
  input: string,
  output: string,
  settings: Settings,
  converter: Converter,
): Promise<E.Either<Tagged, Conversion>> => {
  if (session.json && output === '-') {
    return E.left(usage('--json: writes to standard output too; give the capture a file'));
  }
  const target = new CaptureOutput(session, output, settings);
  const out = new Uint8Array(ROOM);
  const counts = new FormatCounts();
  const failures = new Map<number, number>();
  let bytesIn = 0;
  let bytesOut = 0;
  const take = (packet: CapturedPacket): Tagged | undefined | Promise<Tagged | undefined> => {
    const length = converter.convert(packet, out);
    const size = packet.end - packet.start;
    bytesIn += size;
    if (length < 0) failures.set(length, (failures.get(length) ?? 0) + 1);
    if (length <= 0) return undefined;
    bytesOut += length;
    const ip = converter.from === 'ip' ? size : length;
    const rohc = converter.from === 'ip' ? length : size;
    counts.add(converter.lastProfile(), converter.lastFormat(), ip, rohc);
    return target.write(packet, converter.etherTypeOf(out), out, length);
  };
  const read = await visitPackets(session, input, converter.from, settings.limit, (packet) =>
    target.ready ? take(packet) : target.start(packet).then((failed) => failed ?? take(packet)),
  );
  if (E.isLeft(read)) {
    await target.discard();
    return read;
  }
  const { packets } = read.right;
  const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
  if (packets > 0 && failed === packets) {
    await target.discard();
    const tags = Object.keys(namedFailures(failures)).join(', ');
    return E.left(
      decodeError({
        message: `${input}: none of ${packets} packets could be carried over (${tags})`,
        expected: 'a stream from its first IR packet on',
        actualText: tags,
        remedy:
          settings.decompressor.cids === 'large'
            ? 'try --cids small, or a capture that starts with the flows'
            : 'try --cids large, or a capture that starts with the flows',
      }),
    );
  }
  const finished = await target.finish();
  if (E.isLeft(finished)) {
    await target.discard();
    return finished;
  }
  return E.right({
    ...read.right,
    from: converter.from,
    written: finished.right.records,
    bytesIn,
    bytesOut,
    failures: namedFailures(failures),
    formats: counts.rows(),
  });
};

const render = (result: Conversion): string => {
  const { packets, written, bytesIn, bytesOut, failures } = result;
  const failed = Object.entries(failures).map(([tag, count]) => `${count} ${tag}`);
  return [
    `${counted(packets, 'packet')} (${grouped(bytesIn)} octets) in, ` +
      `${grouped(written)} (${grouped(bytesOut)} octets) written`,
    ...renderPasses(result, result.from),
    ...(failed.length > 0 ? [`not carried over: ${failed.join(', ')}`] : []),
    renderCounts(result.formats),
  ].join('\n');
};

const report = async (
  session: Session,
  output: string,
  result: E.Either<Tagged, Conversion>,
): Promise<number> =>
  E.isLeft(result)
    ? session.fail(result.left)
    : session.succeed(result.right, render, output === '-');

/** `rohc compress`. */
export const compress = async (
  session: Session,
  input: string,
  output: string,
  settings: Settings,
): Promise<number> => {
  const compressor = compressorOf(settings);
  const result = await run(session, input, output, settings, {
    from: 'ip',
    convert: ({ bytes, start, end }, out) =>
      compressor.compressInto(bytes, out, LINK_ROOM, start, end),
    etherTypeOf: () => ETHERTYPE_ROHC,
    lastProfile: compressor.lastProfile,
    lastFormat: compressor.lastFormat,
  });
  return report(session, output, result);
};

/** `rohc decompress`. */
export const decompress = async (
  session: Session,
  input: string,
  output: string,
  settings: Settings,
): Promise<number> => {
  const decompressor = decompressorOf(settings);
  const result = await run(session, input, output, settings, {
    from: 'rohc',
    convert: ({ bytes, start, end }, out) =>
      decompressor.decompressInto(bytes, out, LINK_ROOM, start, end),
    etherTypeOf: (out) =>
      (out[LINK_ROOM] as number) >>> 4 === 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4,
    lastProfile: decompressor.lastProfile,
    lastFormat: decompressor.lastFormat,
  });
  return report(session, output, result);
};
