/** `rohc roundtrip` and `rohc stats`: what compression does to a capture, with and without the way back. */
import { corrupt, createRng, type Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { namedFailures } from '../compressor.js';
import { DEFAULT_MAX_RECORD_BYTES } from '../pcap/options.js';
import {
  FormatCounts,
  type FormatCount,
  ratio,
  renderCounts,
  renderPasses,
  sumOf,
} from './counts.js';
import { type PacketCounts, visitPackets } from './packets.js';
import { counted, EXIT_FAILED, grouped, type Session } from './session.js';
import { compressorOf, decompressorOf, type Settings } from './settings.js';

/** Room for the longest frame and what ROHC adds. */
const ROOM = DEFAULT_MAX_RECORD_BYTES + 256;

/** What `roundtrip` reports. */
export interface RoundTrip extends PacketCounts {
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly headerBytesIn: number;
  readonly headerBytesOut: number;
  /** Packets lost on purpose. */
  readonly lost: number;
  readonly delivered: number;
  /** Delivered packets that are not the original. */
  readonly different: number;
  /** Packets that arrived and were not delivered, by error tag. */
  readonly failures: Readonly<Record<string, number>>;
  readonly repairs: number;
  /** Octets of feedback sent back. */
  readonly feedbackBytes: number;
  readonly seed: number;
  readonly formats: readonly FormatCount[];
}

const equal = (a: Uint8Array, from: number, to: number, b: Uint8Array, length: number): boolean => {
  if (to - from !== length) return false;
  for (let i = 0; i < length; i++) if (a[from + i] !== b[i]) return false;
  return true;
};

const travel = async (
  session: Session,
  input: string,
  settings: Settings,
): Promise<E.Either<Tagged, RoundTrip>> => {
  const compressor = compressorOf(settings);
  const decompressor = decompressorOf(settings);
  const rng = createRng(settings.seed);
  const counts = new FormatCounts();
  const failures = new Map<number, number>();
  const sent = new Uint8Array(ROOM);
  const back = new Uint8Array(ROOM);
  const elements = new Uint8Array(4096);
  let lost = 0;
  let delivered = 0;
  let different = 0;
  let feedbackBytes = 0;
  const fail = (code: number): undefined => {
    failures.set(code, (failures.get(code) ?? 0) + 1);
  };
  const read = await visitPackets(session, input, 'ip', settings.limit, (packet) => {
    const { bytes, start, end } = packet;
    const length = compressor.compressInto(bytes, sent, 0, start, end);
    if (length < 0) return fail(length);
    counts.add(compressor.lastProfile(), compressor.lastFormat(), end - start, length);
    if (settings.loss > 0 && rng.float() < settings.loss) {
      lost++;
      return undefined;
    }
    const result = decompressor.decompressInto(sent, back, 0, 0, length);
    if (settings.feedback) {
      const octets = decompressor.takeFeedbackInto(elements);
      if (octets > 0) compressor.feedback(elements, 0, octets);
      feedbackBytes += octets;
    }
    if (result < 0) return fail(result);
    delivered++;
    if (!equal(bytes, start, end, back, result)) different++;
    return undefined;
  });
  if (E.isLeft(read)) return read;
  const stats = compressor.stats();
  const { bytesIn, bytesOut, headerBytesIn, headerBytesOut } = stats;
  return E.right({
    ...read.right,
    bytesIn,
    bytesOut,
    headerBytesIn,
    headerBytesOut,
    lost,
    delivered,
    different,
    failures: namedFailures(failures),
    repairs: decompressor.stats().repairs,
    feedbackBytes,
    seed: settings.seed,
    formats: counts.rows(),
  });
};

const renderRoundTrip = (result: RoundTrip): string => {
  const { lost, delivered, different, failures, repairs, formats, feedbackBytes } = result;
  const total = sumOf(formats);
  const failed = Object.entries(failures).map(([tag, count]) => `${count} ${tag}`);
  return [
    renderCounts(formats),
    `mean size ${ratio(total.bytesIn, total.packets)} B, compressed ${ratio(total.bytesOut, total.packets)} B: ` +
      `saves ${ratio(total.bytesIn - total.bytesOut, total.packets)} B a packet, ` +
      `${ratio(100 * (result.headerBytesIn - result.headerBytesOut), result.headerBytesIn, 1)} % of the header octets`,
    ...renderPasses(result, 'ip'),
    ...(lost > 0 ? [`${counted(lost, 'packet')} lost on purpose (seed ${result.seed})`] : []),
    ...(feedbackBytes > 0 ? [`${grouped(feedbackBytes)} octets of feedback`] : []),
    `${counted(delivered, 'packet')} delivered, ${grouped(different)} of them different from the original`,
    ...(failed.length > 0 ? [`not delivered: ${failed.join(', ')}`] : []),
    ...(repairs > 0 ? [`${grouped(repairs)} delivered after a repair`] : []),
  ].join('\n');
};

/** `rohc roundtrip`: fails when a packet came out different, or got stuck though none was lost. */
export const roundtrip = async (
  session: Session,
  input: string,
  settings: Settings,
): Promise<number> => {
  const result = await travel(session, input, settings);
  if (E.isLeft(result)) return session.fail(result.left);
  const { different, lost, failures, delivered } = result.right;
  const stuck = Object.values(failures).reduce((sum, count) => sum + count, 0);
  if (different === 0 && (lost > 0 || stuck === 0)) {
    return session.succeed(result.right, renderRoundTrip);
  }
  const error = corrupt({
    message:
      different > 0
        ? `${input}: ${different} of ${delivered} packets came out different`
        : `${input}: ${stuck} packets did not come out although none was lost`,
    expected: 'every packet as it went in',
    actual: Object.keys(failures).join(', ') || 'other octets',
    remedy:
      lost > 0
        ? 'a CRC-3 passes one wrong header in eight: raise --repetitions above the longest run of losses, or add --feedback'
        : 'this is a bug: please report it with the capture',
  });
  if (session.json) {
    session.print(`${JSON.stringify({ ok: false, error, result: result.right })}\n`);
    await session.flush();
    return EXIT_FAILED;
  }
  session.print(`${renderRoundTrip(result.right)}\n`);
  return session.fail(error);
};

/** What `stats` reports. */
export interface CaptureStatistics extends PacketCounts {
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly headerBytesIn: number;
  readonly headerBytesOut: number;
  /** Contexts in use at the end. */
  readonly contexts: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly formats: readonly FormatCount[];
}

/** `rohc stats`. */
export const stats = async (
  session: Session,
  input: string,
  settings: Settings,
): Promise<number> => {
  const compressor = compressorOf(settings);
  const counts = new FormatCounts();
  const sent = new Uint8Array(ROOM);
  const read = await visitPackets(session, input, 'ip', settings.limit, (packet) => {
    const { bytes, start, end } = packet;
    const length = compressor.compressInto(bytes, sent, 0, start, end);
    if (length >= 0) {
      counts.add(compressor.lastProfile(), compressor.lastFormat(), end - start, length);
    }
    return undefined;
  });
  if (E.isLeft(read)) return session.fail(read.left);
  const { bytesIn, bytesOut, headerBytesIn, headerBytesOut, contexts, failures } =
    compressor.stats();
  const result: CaptureStatistics = {
    ...read.right,
    bytesIn,
    bytesOut,
    headerBytesIn,
    headerBytesOut,
    contexts,
    failures,
    formats: counts.rows(),
  };
  return session.succeed(result, ({ formats }) =>
    [
      renderCounts(formats),
      ...renderPasses(result, 'ip'),
      `headers: ${grouped(headerBytesIn)} octets to ${grouped(headerBytesOut)}, ` +
        `${ratio(100 * (headerBytesIn - headerBytesOut), headerBytesIn, 1)} % saved; ${counted(contexts, 'context')}`,
    ].join('\n'),
  );
};
