/** Values of netlink's kinds, anywhere in their range. */
import { type IpAddress, ipAddressFromBytes } from '@liquid/types';
import fc from 'fast-check';
import type { MptcpInfo, SocketDiag, SubflowInfo, TcpInfo } from '../../src/index.js';
import { MPTCP_INFO_BYTES, TCP_INFO_BYTES } from '../../src/index.js';
import { TCP_INFO_LAYOUT } from '../../src/tcp-info-layout.js';
import { right } from './messages.js';

export const byte = fc.nat(0xff);
export const u16 = fc.nat(0xffff);
export const u32 = fc.nat(0xffffffff);
export const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
export const bytes = fc.uint8Array({ maxLength: 40 });
export const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,14}$/);
const ofBytes = (length: number): fc.Arbitrary<IpAddress> =>
  fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((address) => right(ipAddressFromBytes(address)));
export const ipv4 = ofBytes(4);
export const ipv6 = ofBytes(16);
export const ip = fc.oneof(ipv4, ipv6);
export const hardware = fc
  .uint8Array({ maxLength: 20 })
  .map((address) => Array.from(address, (one) => one.toString(16).padStart(2, '0')).join(':'));

/** Each field there or not. */
export const partial = <A extends object>(
  model: {
    [K in keyof A]-?: fc.Arbitrary<Exclude<A[K], undefined>>;
  },
): fc.Arbitrary<A> => fc.record(model, { requiredKeys: [] }) as unknown as fc.Arbitrary<A>;

/** Attributes of types that nothing here knows. */
export const unknown = fc.array(
  fc.record({ type: fc.integer({ min: 1000, max: 0x3fff }), bytes }),
  { minLength: 1, maxLength: 3 },
);

/** A `tcp_info` of a length from nothing to more than is known, its fields beyond that length 0. */
export const tcpInfo: fc.Arbitrary<TcpInfo> = fc
  .record({
    lengthBytes: fc.integer({ min: 0, max: TCP_INFO_BYTES + 40 }),
    numbers: fc.array(u64, { minLength: 64, maxLength: 64 }),
    scales: fc.tuple(fc.nat(15), fc.nat(15), fc.nat(3)),
    limited: fc.boolean(),
  })
  .map(({ lengthBytes, numbers, scales, limited }) => {
    const fields = TCP_INFO_LAYOUT.map(([name, at, size], i) => {
      const value = lengthBytes < at + size ? 0n : BigInt.asUintN(8 * size, numbers[i] ?? 0n);
      return [name, size === 8 ? value : Number(value)] as const;
    });
    const bits = (at: number, value: number): number => (lengthBytes > at ? value : 0);
    return {
      lengthBytes,
      ...Object.fromEntries(fields),
      sendWindowScale: bits(6, scales[0]),
      receiveWindowScale: bits(6, scales[1]),
      fastOpenClientFail: bits(7, scales[2]),
      deliveryRateAppLimited: lengthBytes > 7 && limited,
    } as unknown as TcpInfo;
  });

/** A whole `mptcp_info`, maybe longer than is known. */
export const mptcpInfo: fc.Arbitrary<MptcpInfo> = fc.record({
  lengthBytes: fc.integer({ min: MPTCP_INFO_BYTES, max: MPTCP_INFO_BYTES + 40 }),
  subflows: byte,
  addAddrSignal: byte,
  addAddrAccepted: byte,
  subflowsMax: byte,
  addAddrSignalMax: byte,
  addAddrAcceptedMax: byte,
  flags: u32,
  token: u32,
  writeSequence: u64,
  sendUnacknowledged: u64,
  receiveNext: u64,
  localAddressUsed: byte,
  localAddressMax: byte,
  checksumEnabled: fc.boolean(),
  retransmits: u32,
  bytesRetransmitted: u64,
  bytesSent: u64,
  bytesReceived: u64,
  bytesAcked: u64,
  subflowsTotal: byte,
  endpointLaminarMax: byte,
  endpointFullmeshMax: byte,
  lastDataSentMs: u32,
  lastDataReceivedMs: u32,
  lastAckReceivedMs: u32,
});

const subflow: fc.Arbitrary<SubflowInfo> = partial<SubflowInfo>({
  tokenRemote: u32,
  tokenLocal: u32,
  relativeWriteSequence: u32,
  mapSequence: u64,
  mapSubflowSequence: u32,
  subflowSequenceOffset: u32,
  mapDataLength: u16,
  flags: u32,
  idRemote: byte,
  idLocal: byte,
});

const wordsOf = <const Names extends ReadonlyArray<string>>(...names: Names) =>
  fc.array(u32, { minLength: names.length, maxLength: names.length }).map(
    (values) =>
      Object.fromEntries(names.map((name, i) => [name, values[i] ?? 0])) as {
        readonly [K in Names[number]]: number;
      },
  );

const OPTIONS = [
  'receiveErrors',
  'connectionOriented',
  'freeBind',
  'headerIncluded',
  'multicastLoop',
  'transparent',
  'multicastAll',
  'noDefragment',
  'bindAddressNoPort',
  'receiveErrorsRfc4884',
  'deferConnect',
] as const;

const attributes = {
  memory: wordsOf('receiveBytes', 'sendQueuedBytes', 'forwardBytes', 'sendBytes'),
  socketMemory: wordsOf(
    'receiveAllocatedBytes',
    'receiveBufferBytes',
    'sendAllocatedBytes',
    'sendBufferBytes',
    'forwardAllocatedBytes',
    'sendQueuedBytes',
    'optionMemoryBytes',
    'backlogBytes',
    'drops',
  ),
  congestionControl: word,
  vegas: wordsOf('enabled', 'rttCount', 'rttUs', 'minRttUs'),
  dctcp: fc.record({ enabled: u16, ceState: u16, alpha: u32, ecnBytes: u32, totalBytes: u32 }),
  bbr: fc.record({ bandwidth: u64, minRttUs: u32, pacingGain: u32, cwndGain: u32 }),
  tos: byte,
  trafficClass: byte,
  shutdown: byte,
  rawProtocol: byte,
  v6Only: fc.boolean(),
  mark: u32,
  classId: u32,
  upperLayer: partial<{ name?: string; mptcp?: SubflowInfo }>({ name: word, mptcp: subflow }),
  cgroupId: u64,
  options: fc.array(fc.boolean(), { minLength: OPTIONS.length, maxLength: OPTIONS.length }).map(
    (set) =>
      Object.fromEntries(OPTIONS.map((name, i) => [name, set[i] ?? false])) as {
        readonly [K in (typeof OPTIONS)[number]]: boolean;
      },
  ),
  unknown,
};

/** A socket with any of the attributes. */
export const socketDiag: fc.Arbitrary<SocketDiag> = fc
  .tuple(
    fc.oneof(fc.tuple(ipv4, ipv4), fc.tuple(ipv6, ipv6)),
    fc.record({
      state: byte,
      timer: byte,
      retransmits: byte,
      expiresMs: u32,
      receiveQueueBytes: u32,
      sendQueueBytes: u32,
      uid: u32,
      inode: u32,
    }),
    fc.record({ localPort: u16, remotePort: u16, interfaceIndex: u32, cookie: u64 }),
    fc.record(attributes, { requiredKeys: [] }),
    fc.oneof(
      fc.record({ protocol: fc.constant(6), tcp: tcpInfo }, { requiredKeys: ['protocol'] }),
      fc.record({ protocol: fc.constant(262), mptcp: mptcpInfo }, { requiredKeys: ['protocol'] }),
      fc.record({ protocol: fc.constantFrom(17, 132) }),
    ),
  )
  .map(
    ([[local, remote], fixed, id, some, info]) =>
      ({ ...fixed, ...some, ...info, id: { ...id, local, remote } }) as unknown as SocketDiag,
  );
