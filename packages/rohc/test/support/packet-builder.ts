/** Builds IP packets header by header, from the inside out: lengths and checksums come out right. */
import { onesSum } from '../../src/internal/header-chain.js';

export interface Ipv4Layer {
  readonly kind: 'v4';
  readonly tos: number;
  readonly id: number;
  readonly df: boolean;
  readonly ttl: number;
  /** Source and destination: 8 octets. */
  readonly addresses: readonly number[];
}

export interface Ipv6Layer {
  readonly kind: 'v6';
  readonly tos: number;
  readonly label: number;
  readonly ttl: number;
  /** Source and destination: 32 octets. */
  readonly addresses: readonly number[];
}

/** Options or routing data: 6 octets and any number of eight. */
export interface ExtensionLayer {
  readonly kind: 'hop' | 'dest' | 'routing';
  readonly data: readonly number[];
}

export interface AhLayer {
  readonly kind: 'ah';
  readonly reserved: number;
  readonly spi: number;
  readonly sequence: number;
  readonly icv: readonly number[];
}

export interface GreLayer {
  readonly kind: 'gre';
  readonly checksum?: number;
  readonly key?: number;
  readonly sequence?: number;
}

export interface MineLayer {
  readonly kind: 'mine';
  readonly reserved: number;
  readonly destination: number;
  readonly source?: number;
  /** Writes the checksum zero as its other form. */
  readonly negativeZero?: boolean;
}

export type Layer = Ipv4Layer | Ipv6Layer | ExtensionLayer | AhLayer | GreLayer | MineLayer;

export interface Tcp {
  readonly source: number;
  readonly destination: number;
  readonly seq: number;
  readonly ack: number;
  /** CWR ECE URG ACK PSH RST SYN FIN. */
  readonly flags: number;
  readonly reserved: number;
  readonly window: number;
  /** The checksum that is right where left out. */
  readonly checksum?: number;
  readonly urgent: number;
  readonly options: readonly number[];
  readonly payload: Uint8Array;
}

const PROTOCOLS = {
  v4: 4,
  v6: 41,
  hop: 0,
  dest: 60,
  routing: 43,
  ah: 51,
  gre: 47,
  mine: 55,
} as const;
const TCP = 6;

const be16 = (value: number): readonly number[] => [(value >>> 8) & 255, value & 255];
const be32 = (value: number): readonly number[] => [
  (value >>> 24) & 255,
  (value >>> 16) & 255,
  (value >>> 8) & 255,
  value & 255,
];

const write16 = (out: Uint8Array, at: number, value: number): void => {
  out[at] = value >>> 8;
  out[at + 1] = value;
};

/** The header of one layer in front of `rest` octets, followed by protocol `next`. */
const headerOf = (layer: Layer, next: number, rest: number): Uint8Array => {
  switch (layer.kind) {
    case 'v4': {
      const h = Uint8Array.of(
        0x45,
        layer.tos,
        ...be16(20 + rest),
        ...be16(layer.id),
        layer.df ? 0x40 : 0,
        0,
        layer.ttl,
        next,
        0,
        0,
        ...layer.addresses,
      );
      write16(h, 10, ~onesSum(h, 0, 20));
      return h;
    }
    case 'v6':
      return Uint8Array.of(
        0x60 | (layer.tos >>> 4),
        ((layer.tos & 15) << 4) | (layer.label >>> 16),
        ...be16(layer.label),
        ...be16(rest),
        next,
        layer.ttl,
        ...layer.addresses,
      );
    case 'hop':
    case 'dest':
    case 'routing':
      return Uint8Array.of(next, (layer.data.length + 2) / 8 - 1, ...layer.data);
    case 'ah':
      return Uint8Array.of(
        next,
        1 + layer.icv.length / 4,
        ...be16(layer.reserved),
        ...be32(layer.spi),
        ...be32(layer.sequence),
        ...layer.icv,
      );
    case 'gre': {
      const { checksum, key, sequence } = layer;
      const flags =
        (checksum === undefined ? 0 : 0x80) |
        (key === undefined ? 0 : 0x20) |
        (sequence === undefined ? 0 : 0x10);
      return Uint8Array.of(
        flags,
        0,
        ...be16(next === PROTOCOLS.v4 ? 0x0800 : 0x86dd),
        ...(checksum === undefined ? [] : [...be16(checksum), 0, 0]),
        ...(key === undefined ? [] : be32(key)),
        ...(sequence === undefined ? [] : be32(sequence)),
      );
    }
    case 'mine': {
      const { source, destination, reserved } = layer;
      const h = Uint8Array.of(
        next,
        (source === undefined ? 0 : 0x80) | reserved,
        0,
        0,
        ...be32(destination),
        ...(source === undefined ? [] : be32(source)),
      );
      const sum = ~onesSum(h, 0, h.length) & 0xffff;
      write16(h, 2, sum === 0 && layer.negativeZero === true ? 0xffff : sum);
      return h;
    }
  }
};

/** Headers outermost first, then TCP. */
export const buildPacket = (layers: readonly Layer[], tcp: Tcp): Uint8Array => {
  const segment = new Uint8Array(20 + tcp.options.length + tcp.payload.length);
  segment.set([
    ...be16(tcp.source),
    ...be16(tcp.destination),
    ...be32(tcp.seq),
    ...be32(tcp.ack),
    ((5 + tcp.options.length / 4) << 4) | tcp.reserved,
    tcp.flags,
    ...be16(tcp.window),
    0,
    0,
    ...be16(tcp.urgent),
    ...tcp.options,
  ]);
  segment.set(tcp.payload, 20 + tcp.options.length);
  const inner = layers.findLast((layer) => layer.kind === 'v4' || layer.kind === 'v6');
  const addresses = inner === undefined || !('addresses' in inner) ? [] : inner.addresses;
  const pseudo = onesSum(Uint8Array.from(addresses), 0, addresses.length) + TCP + segment.length;
  write16(segment, 16, tcp.checksum ?? ~onesSum(segment, 0, segment.length, pseudo));
  let packet = segment;
  for (let i = layers.length - 1; i >= 0; i--) {
    const layer = layers[i] as Layer;
    const after = layers[i + 1];
    const header = headerOf(
      layer,
      after === undefined ? TCP : PROTOCOLS[after.kind],
      packet.length,
    );
    const whole = new Uint8Array(header.length + packet.length);
    whole.set(header);
    whole.set(packet, header.length);
    packet = whole;
  }
  return packet;
};

export const FLAG = {
  fin: 1,
  syn: 2,
  rst: 4,
  psh: 8,
  ack: 16,
  urg: 32,
  ece: 64,
  cwr: 128,
} as const;

/** TCP options by name; the result is to be padded to a multiple of four octets. */
export const OPTION = {
  nop: [1],
  mss: (mss: number): readonly number[] => [2, 4, ...be16(mss)],
  windowScale: (shift: number): readonly number[] => [3, 3, shift],
  sackPermitted: [4, 2],
  sack: (edges: readonly number[]): readonly number[] => [
    5,
    2 + edges.length * 4,
    ...edges.flatMap(be32),
  ],
  timestamp: (value: number, echo: number): readonly number[] => [
    8,
    10,
    ...be32(value),
    ...be32(echo),
  ],
  generic: (kind: number, contents: readonly number[]): readonly number[] => [
    kind,
    2 + contents.length,
    ...contents,
  ],
} as const;

/** Options one after another; padded with NOPs in front or with zeros (EOL) behind to whole words, 40 octets at most. */
export const optionList = (
  options: readonly (readonly number[])[],
  padding: 'nop' | 'eol' = 'nop',
): readonly number[] => {
  const octets: number[] = [];
  for (const option of options) {
    if (octets.length + option.length <= 40) octets.push(...option);
  }
  while ((octets.length & 3) !== 0) {
    if (padding === 'nop') octets.unshift(1);
    else octets.push(0);
  }
  return octets;
};
