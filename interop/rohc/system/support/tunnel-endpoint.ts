/**
 * One end of a tunnel: IP packets of a TUN device go as ROHC packets in UDP datagrams, one in each, and those that
 * come back are written to the device.
 */

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { openTun, type Tun, TunStats } from '@liquid/netlab';
import {
  COMPRESSED_EXPANSION_MAX,
  type Compressor,
  CompressorStatsCodec,
  createCompressor,
  createDecompressor,
  type Decompressor,
  DecompressorStatsCodec,
} from '@liquid/rohc';
import {
  fromUnknown,
  type LiquidError,
  openRunning,
  type Running,
  type Scope,
} from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import * as t from 'io-ts';

const Address = t.readonly(t.type({ address: t.string, port: t.number }));

/** How an end works; both ends must agree on `compression`. */
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
      /** Without it packets go as they are: what compression is compared with. Default `rohc`. */
      compression: t.union([t.literal('rohc'), t.literal('none')]),
      /** Octets of the socket's buffers, as far as the kernel allows: {@link RECEIVE_BYTES}, {@link SEND_BYTES}. */
      receiveBytes: t.number,
      sendBytes: t.number,
      /** Milliseconds that feedback waits for a packet to travel with; default 10. */
      feedbackDelayMs: t.number,
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
  }),
);

/** What an end counted; compressor and decompressor are null where packets go as they are. */
export const TunnelStats = t.readonly(
  t.type({
    tun: TunStats,
    udp: UdpStats,
    /** Datagrams that held feedback alone. */
    feedbackAlone: t.number,
    /** Octets of feedback sent, alone and in front of packets. */
    feedbackBytes: t.number,
    cpuSeconds: t.number,
    compressor: t.union([CompressorStatsCodec, t.null]),
    decompressor: t.union([DecompressorStatsCodec, t.null]),
  }),
);

export type TunnelStats = t.TypeOf<typeof TunnelStats>;

/** An end that runs; `stop` takes its device and its socket away. */
export type Tunnel = Running<never, TunnelStats>;

/** Feedback in front of one packet at most: twelve elements under small CIDs; what is more waits for the next. */
const FEEDBACK_ROOM = 48;

/** IPv4 and UDP. */
const OUTER_HEADERS = 28;

/** The TUN device's MTU with which no datagram exceeds the link's, however long a compressed header gets. */
export const tunnelMtu = (linkMtu: number): number =>
  linkMtu - OUTER_HEADERS - FEEDBACK_ROOM - COMPRESSED_EXPANSION_MAX;

/**
 * Acknowledge every so many packets of a steady flow: the compressor's window of references stays short, and its
 * refreshes stay away.
 */
const ACK_INTERVAL = 64;

/** Holds what arrives while this process waits for a processor: 20 ms of 1 Gbit/s. */
const RECEIVE_BYTES = 4 << 20;

/**
 * Less than the queue of the link below, so that a full link is felt here, and packets are dropped before they are
 * compressed: one that gets lost later takes its part of the context with it.
 */
const SEND_BYTES = 256 << 10;

/** Datagrams that may wait inside libuv for the socket's buffer, each in a slot of its own; then packets are dropped. */
const SLOTS = 64;

/** Packets that the kernel keeps for this process: the default of its TUN devices. */
const QUEUE_LENGTH = 500;

interface Ends {
  readonly compressor: Compressor;
  readonly decompressor: Decompressor;
}

const createEnds = (): E.Either<LiquidError, Ends> =>
  pipe(
    E.Do,
    E.bind('compressor', () => createCompressor()),
    E.bind('decompressor', () => createDecompressor({ feedback: true, ackInterval: ACK_INTERVAL })),
  );

const openSocket = async (
  { local, remote, receiveBytes = RECEIVE_BYTES, sendBytes = SEND_BYTES }: TunnelOptions,
  scope: Scope<never>,
): Promise<Socket> => {
  const socket = createSocket({
    type: 'udp4',
    recvBufferSize: receiveBytes,
    sendBufferSize: sendBytes,
  });
  scope.defer(async () => {
    const closed = once(socket, 'close');
    socket.close();
    await closed;
    return E.right(undefined);
  });
  socket.bind(local.port, local.address);
  await once(socket, 'listening');
  // A connected socket receives from its peer alone, and the kernel looks the route up once.
  socket.connect(remote.port, remote.address);
  await once(socket, 'connect');
  return socket;
};

/** Moves packets between device and socket; no allocation of its own per packet. */
const join = (
  tun: Tun,
  socket: Socket,
  ends: Ends | undefined,
  feedbackDelayMs: number,
  scope: Scope<never>,
): (() => TunnelStats) => {
  const compressor = ends?.compressor;
  const decompressor = ends?.decompressor;
  const slots = Array.from({ length: SLOTS }, () => {
    const slot = new Uint8Array(tun.mtu + FEEDBACK_ROOM + COMPRESSED_EXPANSION_MAX);
    return { slot, front: slot.subarray(0, FEEDBACK_ROOM) };
  });
  const original = new Uint8Array(65_575);
  let next = 0;
  let datagramsSent = 0;
  let bytesSent = 0;
  let datagramsReceived = 0;
  let bytesReceived = 0;
  let congested = 0;
  let refused = 0;
  let feedbackAlone = 0;
  let feedbackBytes = 0;

  // The peer is not there yet, or no longer: ICMP said so, and TCP inside sends again.
  socket.on('error', () => {
    refused++;
  });
  const send = (slot: Uint8Array, length: number): void => {
    next = (next + 1) % SLOTS;
    datagramsSent++;
    bytesSent += length;
    socket.send(slot, 0, length);
  };
  /** Whether there is a slot that libuv doesn't hold: the first, and so one that the caches hold, where it holds none. */
  const hasRoom = (): boolean => {
    const held = socket.getSendQueueCount();
    if (held === 0) next = 0;
    if (held < SLOTS - 1) return true;
    congested++;
    return false;
  };

  tun.receive((packet, length) => {
    if (!hasRoom()) return;
    // `next` is below SLOTS
    const { slot, front } = slots[next] as { slot: Uint8Array; front: Uint8Array };
    if (compressor === undefined || decompressor === undefined) {
      slot.set(packet.subarray(0, length));
      send(slot, length);
      return;
    }
    const feedback = decompressor.takeFeedbackInto(front);
    feedbackBytes += feedback;
    const compressed = compressor.compressInto(packet, slot, feedback, 0, length);
    // What no profile takes is counted by the compressor; the feedback goes all the same.
    if (compressed > 0) send(slot, feedback + compressed);
    else if (feedback > 0) send(slot, feedback);
  });

  decompressor?.onFeedback((packet, from, to) => compressor?.feedback(packet, from, to));
  socket.on('message', (datagram) => {
    datagramsReceived++;
    bytesReceived += datagram.length;
    if (decompressor === undefined) {
      tun.write(datagram);
      return;
    }
    const length = decompressor.decompressInto(datagram, original);
    if (length > 0) tun.write(original, length);
  });

  if (decompressor !== undefined) {
    const timer = setInterval(() => {
      if (!hasRoom()) return;
      const { slot } = slots[next] as { slot: Uint8Array };
      const length = decompressor.takeFeedbackInto(slot);
      if (length === 0) return;
      feedbackBytes += length;
      feedbackAlone++;
      send(slot, length);
    }, feedbackDelayMs);
    scope.defer(async () => E.right(clearInterval(timer)));
  }
  return () => {
    const { user, system } = process.cpuUsage();
    return {
      tun: tun.stats(),
      udp: { datagramsSent, bytesSent, datagramsReceived, bytesReceived, congested, refused },
      feedbackAlone,
      feedbackBytes,
      cpuSeconds: (user + system) / 1e6,
      compressor: compressor?.stats() ?? null,
      decompressor: decompressor?.stats() ?? null,
    };
  };
};

/** Opens one end of a tunnel in the namespace that this process is in; it needs root. */
export const openTunnel = (options: TunnelOptions): TaskEither<LiquidError, Tunnel> =>
  openRunning<never, TunnelStats>()(
    { what: `tunnel ${options.device}`, statsCodec: TunnelStats },
    (scope) => async () => {
      const ends = (options.compression ?? 'rohc') === 'rohc' ? createEnds() : E.right(undefined);
      if (E.isLeft(ends)) return ends;
      const { device, addresses, mtu } = options;
      const tun = await openTun({ device, addresses, mtu, queueLength: QUEUE_LENGTH })();
      if (E.isLeft(tun)) return tun;
      scope.defer(tun.right.stop);
      void tun.right.closed.then((ended) => {
        if (E.isLeft(ended)) scope.fail(ended.left);
      });
      try {
        const socket = await openSocket(options, scope);
        const stats = join(tun.right, socket, ends.right, options.feedbackDelayMs ?? 10, scope);
        return E.right({ stats });
      } catch (caught) {
        return E.left(fromUnknown('opening the UDP socket')(caught));
      }
    },
  );
