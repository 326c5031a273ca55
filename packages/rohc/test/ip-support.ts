/** Flows of IP packets with every behaviour that profile 0x0004 knows, and a channel of one context in each direction. */
import {
  createHeaderChain,
  type HeaderChain,
  onesSum,
  parseHeaderChain,
} from '../src/internal/header-chain.js';
import type { CompressorContext, DecompressorContext } from '../src/internal/profile.js';

/** xorshift32: a seed repeats a test on every Node version. */
export const createRandom = (seed: number): ((below: number) => number) => {
  let state = Math.imul(seed, 0x9e3779b1) | 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
};

export type IpIdBehaviour = 'sequential' | 'swapped' | 'constant' | 'random' | 'jumping' | 'mixed';

export interface LevelSpec {
  readonly version: 4 | 6;
  readonly id: IpIdBehaviour;
  /** One packet in how many changes a field; 0 for never. */
  readonly tosEvery: number;
  readonly ttlEvery: number;
  readonly dfEvery: number;
  /** One packet in how many changes the extension headers (IPv6); 0 for none at all. */
  readonly listEvery: number;
}

export interface FlowSpec {
  readonly seed: number;
  readonly levels: readonly LevelSpec[];
  readonly protocol: number;
}

const swap = (value: number): number => ((value & 0xff) << 8) | (value >>> 8);

const EXTENSIONS = [0, 60, 43] as const;

/** A source of packets: each call makes the next one of the flow. */
export const createFlow = (spec: FlowSpec): (() => Uint8Array) => {
  const random = createRandom(spec.seed);
  const often = (every: number): boolean => every > 0 && random(every) === 0;
  const extension = (): { type: number; body: number[] } => ({
    type: EXTENSIONS[random(EXTENSIONS.length)] as number,
    body: Array.from({ length: 7 + 8 * random(2) }, () => random(256)),
  });
  // a chain of more than ten headers is nothing that profiles compress
  const bound = spec.levels.length > 2 ? 1 : 4;
  const levels = spec.levels.map((level) => ({
    level,
    counter: random(0x10000),
    id: random(0x10000),
    tos: random(256),
    ttl: 1 + random(255),
    df: random(2) === 1,
    flow: random(0x100000),
    addresses: Array.from({ length: level.version === 4 ? 8 : 32 }, () => random(256)),
    extensions: level.listEvery > 0 ? Array.from({ length: random(bound) }, extension) : [],
    behaviour: level.id,
  }));
  return () => {
    const payload = Array.from({ length: 1 + random(40) }, () => random(256));
    let inner = payload;
    let next = spec.protocol;
    for (let i = levels.length - 1; i >= 0; i--) {
      const state = levels[i] as (typeof levels)[number];
      const { level } = state;
      if (often(level.tosEvery)) state.tos = random(256);
      if (often(level.ttlEvery)) state.ttl = 1 + random(255);
      if (often(level.dfEvery)) state.df = !state.df;
      if (level.version === 4) {
        if (level.id === 'mixed' && random(12) === 0) {
          const all = ['sequential', 'swapped', 'constant', 'random', 'jumping'] as const;
          state.behaviour = all[random(all.length)] as IpIdBehaviour;
        }
        state.counter = (state.counter + 1) & 0xffff;
        if (state.behaviour === 'sequential') state.id = state.counter;
        else if (state.behaviour === 'swapped') state.id = swap(state.counter);
        else if (state.behaviour === 'random') state.id = random(0x10000);
        else if (state.behaviour === 'jumping') {
          const step = [0, 3, 40, 300, 1500, 9000][random(6)] as number;
          state.counter = (state.counter + step) & 0xffff;
          state.id = state.counter;
        }
        const header = new Uint8Array(20);
        const length = 20 + inner.length;
        header.set([0x45, state.tos, length >> 8, length & 255, state.id >> 8, state.id & 255]);
        header.set([state.df ? 0x40 : 0, 0, state.ttl, next], 6);
        header.set(state.addresses, 12);
        const checksum = ~onesSum(header, 0, 20) & 0xffff;
        header[10] = checksum >> 8;
        header[11] = checksum & 255;
        inner = [...header, ...inner];
        next = 4;
      } else {
        if (often(level.listEvery)) {
          if (random(3) === 0 && state.extensions.length > 0) {
            state.extensions.splice(random(state.extensions.length), 1);
          } else if (random(2) === 0 && state.extensions.length < bound) {
            state.extensions.splice(random(state.extensions.length + 1), 0, extension());
          } else if (state.extensions.length > 0) {
            state.extensions[random(state.extensions.length)] = extension();
          }
        }
        let following = next;
        let headers: number[] = [];
        for (let k = state.extensions.length - 1; k >= 0; k--) {
          const { type, body } = state.extensions[k] as { type: number; body: number[] };
          headers = [following, ((body.length + 1) >> 3) - 1, ...body.slice(1), ...headers];
          following = type;
        }
        const length = headers.length + inner.length;
        const first = 0x60000000 + state.tos * 0x100000 + state.flow;
        const base = [first >>> 24, (first >>> 16) & 255, (first >>> 8) & 255, first & 255];
        base.push(length >> 8, length & 255, following, state.ttl, ...state.addresses);
        inner = [...base, ...headers, ...inner];
        next = 41;
      }
    }
    return Uint8Array.from(inner);
  };
};

const chain: HeaderChain = createHeaderChain();

export const parsed = (packet: Uint8Array): HeaderChain => {
  parseHeaderChain(packet, 0, packet.length, chain);
  return chain;
};

export const compressed = (
  context: CompressorContext,
  packet: Uint8Array,
  room = 4096,
): Uint8Array | number => {
  const out = new Uint8Array(room);
  const length = context.compress(packet, parsed(packet), out, 0);
  return length < 0 ? length : out.slice(0, length);
};

const out = new Uint8Array(70_000);

/** What the channel's decompressor does in front of a context: finds the type, skips the CID. */
export const decompressed = (
  context: DecompressorContext,
  packet: Uint8Array,
  large: boolean,
): Uint8Array | number => {
  let at = 0;
  if (!large && ((packet[0] as number) & 0xf0) === 0xe0) at = 1;
  const type = packet[at] as number;
  let behind = at + 1;
  if (large) behind += (packet[behind] as number) >= 0x80 ? 2 : 1;
  const isIr = (type & 0xfe) === 0xfc || type === 0xf8;
  const length = isIr
    ? context.decompressIr(packet, 0, type, behind + 1, packet.length, out, 0)
    : context.decompressCo(packet, type, behind, packet.length, out, 0);
  return length < 0 ? length : out.slice(0, length);
};
