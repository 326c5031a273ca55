/** How one end of the tunnel works, as data that another process can be told. */
import { TunStats } from '@liquid/netlab';
import {
  COMPRESSED_EXPANSION_MAX,
  CompressorStatsCodec,
  DecompressorStatsCodec,
} from '@liquid/rohc';
import * as t from 'io-ts';
import { FRAME_BYTES } from './frame.js';
import { HeaderStats } from './header-counts.js';

/** Feedback in front of one packet at most: twelve elements under small CIDs; what is more waits for the next. */
export const FEEDBACK_ROOM = 48;

/** IPv4 and UDP. */
const OUTER_HEADERS = 28;

/** The TUN device's MTU with which no datagram exceeds the link's, however long a compressed header gets. */
export const tunnelMtu = (linkMtu: number): number =>
  linkMtu - OUTER_HEADERS - FRAME_BYTES - FEEDBACK_ROOM - COMPRESSED_EXPANSION_MAX;

const Address = t.readonly(t.type({ address: t.string, port: t.number }));

/** Whether packets are compressed on their way out; what comes in says itself what it is. */
export const Compression = t.union([t.literal('rohc'), t.literal('none')]);

export type Compression = t.TypeOf<typeof Compression>;

/** What one end of a tunnel is opened with. */
export const TunnelOptions = t.readonly(
  t.intersection([
    t.type({
      /** Where datagrams come in, and where they go: nothing else is received. */
      local: Address,
      remote: Address,
      /** Name, addresses and MTU of the TUN device: see {@link tunnelMtu}. */
      device: t.string,
      addresses: t.readonlyArray(t.string),
      mtu: t.number,
    }),
    t.partial({
      /** At first; default `rohc`. Without it packets go as they are: what compression is compared with. */
      compression: Compression,
      /** Octets of the socket's buffers, as far as the kernel allows; defaults 4 MiB and 256 KiB. */
      receiveBytes: t.number,
      sendBytes: t.number,
      /** Milliseconds that feedback waits for a packet to travel with; default 10. */
      feedbackDelayMs: t.number,
      /** Percentage of datagrams that this end throws away as they arrive; default 0. */
      lossPercent: t.number,
      /** Seed of the chance by which they are lost; default 0. */
      seed: t.number,
    }),
  ]),
);

export type TunnelOptions = t.TypeOf<typeof TunnelOptions>;

const UdpStats = t.readonly(
  t.type({
    datagramsSent: t.number,
    bytesSent: t.number,
    datagramsReceived: t.number,
    bytesReceived: t.number,
    /** Packets thrown away because the kernel took no more datagrams. */
    congested: t.number,
    /** Datagrams that found no peer, by ICMP. */
    refused: t.number,
    /** Datagrams that are none of this tunnel's version. */
    foreign: t.number,
    /** Datagrams thrown away on purpose: `lossPercent`. */
    discarded: t.number,
    /** Datagrams that never came, by their sequence numbers. */
    missing: t.number,
    /** Datagrams that came after a later one, and by how many places at most. */
    late: t.number,
    farthest: t.number,
  }),
);

/** What an end counted since it was opened. */
export const TunnelStats = t.readonly(
  t.type({
    tun: TunStats,
    udp: UdpStats,
    headers: HeaderStats,
    /** Datagrams that held feedback alone. */
    feedbackAlone: t.number,
    /** Octets of feedback sent, alone and in front of packets. */
    feedbackBytes: t.number,
    /** CPU seconds of this process so far, its start among them. */
    cpuSeconds: t.number,
    compressor: CompressorStatsCodec,
    decompressor: DecompressorStatsCodec,
  }),
);

export type TunnelStats = t.TypeOf<typeof TunnelStats>;
