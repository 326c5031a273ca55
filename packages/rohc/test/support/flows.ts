/** Flows of TCP packets whose every field changes, as hosts do it and as nobody would. */
import { createRandom } from './channel.js';
import {
  type AhLayer,
  buildPacket,
  type ExtensionLayer,
  FLAG,
  type GreLayer,
  type Ipv4Layer,
  type Ipv6Layer,
  type Layer,
  OPTION,
  optionList,
  type Tcp,
} from './packet-builder.js';

/** How the IP-ID of an IPv4 header goes on. */
export type IdBehaviour =
  | 'sequential'
  | 'swapped'
  | 'random'
  | 'zero'
  | 'constant'
  | 'jumping'
  | 'mixed';

export type HeaderName = 'v4' | 'v6' | 'hop' | 'dest' | 'routing' | 'ah' | 'gre' | 'mine';

/** Stacks of headers that profile 0x0006 knows, outermost first. */
export const STACKS = {
  v4: ['v4'],
  v6: ['v6'],
  'v4/v4': ['v4', 'v4'],
  'v4/v6': ['v4', 'v6'],
  'v6/v4': ['v6', 'v4'],
  'v6/v6': ['v6', 'v6'],
  'v4 ah': ['v4', 'ah'],
  'v6 hop dest routing': ['v6', 'hop', 'dest', 'routing'],
  'v6 ah': ['v6', 'ah'],
  'v4/gre/v4': ['v4', 'gre', 'v4'],
  'v4/gre/v6': ['v4', 'gre', 'v6'],
  'v6/gre/v4': ['v6', 'gre', 'v4'],
  'v4 mine': ['v4', 'mine'],
  'v6 dest/v4 mine': ['v6', 'dest', 'v4', 'mine'],
  'v6 hop/v6 ah dest': ['v6', 'hop', 'v6', 'ah', 'dest'],
  'v4/v4/v4/v4': ['v4', 'v4', 'v4', 'v4'],
} as const satisfies Record<string, readonly HeaderName[]>;

export type StackName = keyof typeof STACKS;
export const STACK_NAMES = Object.keys(STACKS) as readonly StackName[];

export interface FlowSpec {
  readonly seed: number;
  readonly stack: StackName;
  readonly id: IdBehaviour;
  /** Changes of one packet in a hundred: 0 for a calm bulk transfer, 100 for anything at any time. */
  readonly wildness: number;
  /** Which way data flows: acknowledgements only, data only, both. */
  readonly traffic: 'acks' | 'data' | 'both';
  readonly timestamps: boolean;
  /** Hosts and ports: flows with the same number share them, as replication wants. */
  readonly hosts: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Contents are of no interest, only that each packet has others. */
const PAYLOADS = Uint8Array.from({ length: 2048 }, (_, i) => (i * 7) & 255);

const swap = (id: number): number => ((id & 255) << 8) | (id >>> 8);
const BEHAVIOURS = ['sequential', 'swapped', 'random', 'zero', 'constant', 'jumping'] as const;

/** A source of packets: each call makes the next of the flow. */
export const createFlow = (spec: FlowSpec): (() => Uint8Array) => {
  const random = createRandom(spec.seed);
  const hosts = createRandom(spec.hosts + 7);
  // flows of the same hosts mostly have their hop limits in common: replication needs that
  const ttl = (): number => 1 + (spec.seed % 4 === 3 ? random : hosts)(255);
  const octets = (count: number, from = random): number[] =>
    Array.from({ length: count }, () => from(256));
  const wild = (share = 1): boolean => random(10_000) < spec.wildness * 100 * share;

  const layers = STACKS[spec.stack].map((kind): Mutable<Layer> => {
    switch (kind) {
      case 'v4':
        return {
          kind,
          tos: random(4) === 0 ? random(256) : 0,
          id: spec.id === 'zero' ? 0 : random(65536),
          df: random(2) === 1,
          ttl: ttl(),
          addresses: octets(8, hosts),
        };
      case 'v6':
        return {
          kind,
          tos: random(4) === 0 ? random(256) : 0,
          label: hosts(3) === 0 ? 0 : hosts(1 << 20),
          ttl: ttl(),
          addresses: octets(32, hosts),
        };
      case 'hop':
      case 'dest':
      case 'routing':
        return { kind, data: octets(6 + 8 * hosts(3), kind === 'routing' ? hosts : random) };
      case 'ah':
        return {
          kind,
          reserved: random(4) === 0 ? random(65536) : 0,
          spi: hosts(0xffffffff),
          sequence: random(0xffffffff),
          icv: octets(4 * hosts(4)),
        };
      case 'gre': {
        const flags = hosts(8);
        return {
          kind,
          ...((flags & 4) === 0 ? {} : { checksum: random(65536) }),
          ...((flags & 2) === 0 ? {} : { key: hosts(0xffffffff) }),
          ...((flags & 1) === 0 ? {} : { sequence: random(0xffffffff) }),
        };
      }
      case 'mine':
        return {
          kind,
          reserved: hosts(128),
          destination: hosts(0xffffffff),
          ...(hosts(2) === 0 ? {} : { source: hosts(0xffffffff) }),
        };
    }
  });
  const ids = layers.map(() => ({ counter: random(65536), behaviour: spec.id as IdBehaviour }));
  const ports = [hosts(65536), 1024 + (spec.seed % 60_000)] as const;
  let seq = wild(4) ? 0xffffffff - random(20_000) : random(0xffffffff);
  let ack = wild(4) ? 0xffffffff - random(20_000) : random(0xffffffff);
  let window = random(65536);
  let urgent = 0;
  let reserved = 0;
  let flags: number = FLAG.ack;
  let size = [1, 100, 536, 1448, 1460][random(5)] as number;
  const stride = [536, 1448, 2896, 64, 1][random(5)] as number;
  let tsValue = random(0xffffffff);
  let tsEcho = random(0xffffffff);
  let generic = octets(1 + random(8));
  let holes: number[] = [];
  let shape = 0;
  let padding: 'nop' | 'eol' = 'nop';
  let number = 0;

  const changeIp = (layer: Mutable<Layer>, index: number): void => {
    switch (layer.kind) {
      case 'v4':
      case 'v6': {
        const ip = layer as Mutable<Ipv4Layer> | Mutable<Ipv6Layer>;
        if (wild(0.05)) ip.tos = random(256);
        if (wild(0.1)) ip.tos = (ip.tos & 0xfc) | random(4);
        if (wild(0.1)) ip.ttl = Math.max(0, Math.min(255, ip.ttl + random(9) - 4));
        if (wild(0.03)) ip.ttl = random(256);
        if (ip.kind === 'v6') break;
        if (wild(0.03)) ip.df = !ip.df;
        const state = ids[index] as (typeof ids)[number];
        if (state.behaviour === 'mixed' || (wild(0.02) && spec.id === 'mixed')) {
          state.behaviour = BEHAVIOURS[random(BEHAVIOURS.length)] as IdBehaviour;
        }
        if (spec.id === 'mixed' && random(15) === 0) state.behaviour = 'mixed';
        state.counter = (state.counter + 1 + (wild(0.1) ? random(30) : 0)) & 65535;
        switch (state.behaviour) {
          case 'sequential':
            ip.id = state.counter;
            break;
          case 'swapped':
            ip.id = swap(state.counter);
            break;
          case 'random':
            ip.id = random(65536);
            break;
          case 'zero':
            ip.id = 0;
            break;
          case 'jumping':
            state.counter = (state.counter + random(40)) & 65535;
            ip.id = state.counter;
            break;
          default:
            break;
        }
        break;
      }
      case 'hop':
      case 'dest':
        if (wild(0.03)) (layer as Mutable<ExtensionLayer>).data = octets(layer.data.length);
        break;
      case 'ah': {
        const ah = layer as Mutable<AhLayer>;
        ah.sequence = (ah.sequence + 1 + (wild(0.1) ? random(100_000) : 0)) >>> 0;
        if (wild(0.02)) ah.sequence = random(0xffffffff);
        if (wild(0.02)) ah.reserved = random(65536);
        ah.icv = octets(ah.icv.length);
        break;
      }
      case 'gre': {
        const gre = layer as Mutable<GreLayer>;
        if (gre.checksum !== undefined) gre.checksum = random(65536);
        if (gre.sequence !== undefined)
          gre.sequence = (gre.sequence + 1 + (wild(0.05) ? random(500) : 0)) >>> 0;
        break;
      }
      default:
        break;
    }
  };

  const options = (): readonly number[] => {
    const list: (readonly number[])[] = [];
    const syn = (flags & FLAG.syn) !== 0;
    if (wild(0.1)) shape = random(8);
    if (wild(0.1)) padding = padding === 'nop' ? 'eol' : 'nop';
    tsValue = (tsValue + random(12)) >>> 0;
    if (random(2) === 0) tsEcho = (tsEcho + random(12)) >>> 0;
    if (wild(0.05)) tsValue = random(0xffffffff);
    if (wild(0.05)) tsEcho = (tsEcho - random(1_000_000)) >>> 0;
    if (syn || (shape & 1) === 1) {
      list.push(OPTION.mss(wild(0.2) ? random(65536) : 1460));
      if (random(2) === 0) list.push(OPTION.windowScale(7), OPTION.nop);
      list.push(OPTION.sackPermitted);
    }
    if (spec.timestamps && !wild(0.05)) {
      list.push(OPTION.nop, OPTION.nop, OPTION.timestamp(tsValue, tsEcho));
    }
    if (wild(0.15)) {
      const blocks = 1 + random(4);
      holes = [];
      let edge = ack;
      for (let i = 0; i < blocks * 2; i++) {
        edge = (edge + 1 + random(wild(0.1) ? 0xffffffff : 40_000)) >>> 0;
        holes.push(edge);
      }
    } else if (random(6) === 0) holes = [];
    if (holes.length > 0) list.push(OPTION.nop, OPTION.nop, OPTION.sack(holes));
    if ((shape & 2) === 2) {
      if (wild(0.2)) generic = octets(1 + random(10));
      list.push(OPTION.generic(wild(0.05) ? 200 + random(9) : 253, generic));
    }
    if (wild(0.05)) list.push(OPTION.generic(2 + random(250), octets(random(12))));
    if (wild(0.03)) list.push(OPTION.mss(random(65536)));
    if (wild(0.05)) list.push(...Array.from({ length: random(8) }, () => OPTION.nop));
    return optionList(list, padding);
  };

  return () => {
    layers.forEach(changeIp);
    flags = number === 0 && random(2) === 0 ? FLAG.syn : FLAG.ack;
    let payload = 0;
    if (spec.traffic !== 'acks' && random(spec.traffic === 'data' ? 8 : 2) !== 0) payload = size;
    if (wild(0.2)) payload = random(80);
    if (wild(0.05)) size = random(1461);
    if (spec.traffic !== 'data' && random(4) !== 0) ack = (ack + stride * (1 + random(3))) >>> 0;
    if (wild(0.05)) ack = (ack + random(0x40000)) >>> 0;
    if (wild(0.02)) ack = wild(0.5) ? 0 : random(0xffffffff);
    if (wild(0.02)) seq = random(0xffffffff);
    if (wild(0.03)) seq = (seq - random(20_000)) >>> 0;
    if (wild(0.02)) seq = 0xffffffff - random(3000);
    if (random(10) === 0)
      window = random(5) === 0 ? random(65536) : Math.min(65535, window + random(200));
    if (random(3) === 0) flags |= FLAG.psh;
    if (wild(0.03)) flags ^= 1 << random(8);
    if (wild(0.02)) flags = random(256);
    if (wild(0.05)) flags |= FLAG.fin;
    if (wild(0.03)) flags |= FLAG.urg;
    if (wild(0.03)) urgent = random(65536);
    if (wild(0.02)) urgent = 0;
    if (wild(0.02)) reserved = random(16);
    const packet = buildPacket(layers, {
      source: ports[0],
      destination: ports[1],
      seq,
      ack,
      flags,
      reserved,
      window,
      urgent,
      options: options(),
      payload: PAYLOADS.subarray(number & 255, (number & 255) + payload),
      ...(wild(0.05) ? { checksum: random(65536) } : {}),
    });
    seq = (seq + payload) >>> 0;
    number++;
    return packet;
  };
};

/** The calmest of flows: acknowledgements of whole segments, the IP-ID counting on; seq_4 once the stride is known. */
export const createAckFlow = (
  change: Partial<Pick<Tcp, 'source' | 'options'>> = {},
): (() => Uint8Array) => {
  let count = 0;
  return () => {
    count++;
    return buildPacket(
      [
        {
          kind: 'v4',
          tos: 0,
          id: 700 + count,
          df: true,
          ttl: 64,
          addresses: [10, 0, 0, 1, 10, 0, 0, 2],
        },
      ],
      {
        source: 40_000,
        destination: 80,
        seq: 1000,
        ack: (5000 + 1448 * count) >>> 0,
        flags: FLAG.ack,
        reserved: 0,
        window: 501,
        urgent: 0,
        options: [],
        payload: new Uint8Array(0),
        ...change,
      },
    );
  };
};
