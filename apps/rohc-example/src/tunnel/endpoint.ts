/**
 * One end of a tunnel: IP packets of a TUN device go as ROHC packets in UDP datagrams, one in each, and those that
 * come back are written to the device.
 */
import type { Socket } from 'node:dgram';
import { openTun, type Tun } from '@liquid/netlab';
import {
  COMPRESSED_EXPANSION_MAX,
  type Compressor,
  createCompressor,
  createDecompressor,
  type Decompressor,
} from '@liquid/rohc';
import { createRng, type LiquidError, openRunning, type Running, type Scope } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import { createOrder, FRAME_BYTES, PLAIN, ROHC, sequenceOf, writeFrame } from './frame.js';
import { createHeaderCounts } from './header-counts.js';
import { type Compression, FEEDBACK_ROOM, type TunnelOptions, TunnelStats } from './options.js';
import { tcpPayloadLength } from './payload.js';
import { openUdpSocket } from './udp-socket.js';

/** An end that runs; `stop` takes its device and its socket away. */
export interface Tunnel extends Running<never, TunnelStats> {
  /**
   * Compresses from the next packet on, or no longer. Contexts are kept: a packet that went as it is left both ends'
   * contexts alone, so they still agree, and the next compressed packet only has more to tell.
   */
  readonly setCompression: (compression: Compression) => void;
  /** Changes the share of datagrams thrown away on arrival, in percent. */
  readonly setLoss: (percent: number) => void;
}

/**
 * Acknowledge every so many packets of a steady flow: the compressor's window of references stays short, and its
 * refreshes stay away.
 */
const ACK_INTERVAL = 64;

/** Datagrams that may wait inside libuv for the socket's buffer, each in a slot of its own; then packets are dropped. */
const SLOTS = 64;

/** Packets that the kernel keeps for this process: the default of its TUN devices. */
const QUEUE_LENGTH = 500;

/** Milliseconds that feedback waits for a packet to travel with, unless told otherwise. */
const FEEDBACK_DELAY_MS = 10;

/** The largest IP packet, with room for what a wrong header could claim. */
const PACKET_MAX = 65_575;

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

/** Moves packets between device and socket; no allocation of its own per packet. */
const join = (
  tun: Tun,
  socket: Socket,
  { compressor, decompressor }: Ends,
  options: TunnelOptions,
  scope: Scope<never>,
) => {
  const slots = Array.from({ length: SLOTS }, () => {
    const size = FRAME_BYTES + FEEDBACK_ROOM + tun.mtu + COMPRESSED_EXPANSION_MAX;
    const slot = new Uint8Array(size);
    return { slot, front: slot.subarray(FRAME_BYTES, FRAME_BYTES + FEEDBACK_ROOM) };
  });
  const original = new Uint8Array(PACKET_MAX);
  const headers = createHeaderCounts();
  const order = createOrder();
  const rng = createRng(options.seed ?? 0);
  let compressing = options.compression !== 'none';
  let loss = (options.lossPercent ?? 0) / 100;
  let next = 0;
  let datagramsSent = 0;
  let bytesSent = 0;
  let datagramsReceived = 0;
  let bytesReceived = 0;
  let congested = 0;
  let refused = 0;
  let foreign = 0;
  let discarded = 0;
  let feedbackAlone = 0;
  let feedbackBytes = 0;

  // The peer is not there yet, or no longer: ICMP said so, and TCP inside sends again.
  socket.on('error', () => {
    refused++;
  });
  const send = (slot: Uint8Array, kind: number, length: number): void => {
    writeFrame(slot, kind, datagramsSent);
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
    const payload = tcpPayloadLength(packet, length);
    if (!compressing) {
      slot.set(packet.subarray(0, length), FRAME_BYTES);
      headers.addPlain(payload, length);
      send(slot, PLAIN, FRAME_BYTES + length);
      return;
    }
    const feedback = decompressor.takeFeedbackInto(front);
    feedbackBytes += feedback;
    const at = FRAME_BYTES + feedback;
    const compressed = compressor.compressInto(packet, slot, at, 0, length);
    if (compressed > 0) {
      headers.add(payload, length, compressed);
      if (payload === 0) {
        const profile = compressor.lastProfile();
        headers.addSize(profile, compressor.lastFormat(), compressor.lastCid(), compressed);
      }
      send(slot, ROHC, at + compressed);
    } else if (feedback > 0) {
      // What no profile takes is counted by the compressor; the feedback goes all the same.
      send(slot, ROHC, at);
    }
  });

  decompressor.onFeedback((packet, from, to) => compressor.feedback(packet, from, to));
  socket.on('message', (datagram) => {
    if (loss > 0 && rng.float() < loss) {
      discarded++;
      return;
    }
    datagramsReceived++;
    bytesReceived += datagram.length;
    const kind = datagram[0];
    if (datagram.length <= FRAME_BYTES || (kind !== PLAIN && kind !== ROHC)) {
      foreign++;
      return;
    }
    order.take(sequenceOf(datagram));
    if (kind === PLAIN) {
      tun.write(datagram.subarray(FRAME_BYTES));
      return;
    }
    const length = decompressor.decompressInto(datagram, original, 0, FRAME_BYTES, datagram.length);
    if (length > 0) tun.write(original, length);
  });

  // Also where this end does not compress: the other one may.
  const timer = setInterval(() => {
    if (!hasRoom()) return;
    const { slot, front } = slots[next] as { slot: Uint8Array; front: Uint8Array };
    const length = decompressor.takeFeedbackInto(front);
    if (length === 0) return;
    feedbackBytes += length;
    feedbackAlone++;
    send(slot, ROHC, FRAME_BYTES + length);
  }, options.feedbackDelayMs ?? FEEDBACK_DELAY_MS);
  scope.defer(async () => E.right(clearInterval(timer)));

  return {
    setCompression: (compression: Compression): void => {
      compressing = compression === 'rohc';
    },
    setLoss: (percent: number): void => {
      loss = percent / 100;
    },
    stats: (): TunnelStats => {
      const { user, system } = process.cpuUsage();
      return {
        tun: tun.stats(),
        udp: {
          datagramsSent,
          bytesSent,
          datagramsReceived,
          bytesReceived,
          congested,
          refused,
          foreign,
          discarded,
          missing: order.missing(),
          late: order.late(),
          farthest: order.farthest(),
        },
        headers: headers.stats(),
        feedbackAlone,
        feedbackBytes,
        cpuSeconds: (user + system) / 1e6,
        compressor: compressor.stats(),
        decompressor: decompressor.stats(),
      };
    },
  };
};

/** Opens one end of a tunnel in the namespace that this process is in; it needs root. */
export const openTunnel = (options: TunnelOptions): TaskEither<LiquidError, Tunnel> =>
  openRunning<never, TunnelStats>()(
    { what: `tunnel ${options.device}`, statsCodec: TunnelStats },
    (scope) => async () => {
      const ends = createEnds();
      if (E.isLeft(ends)) return ends;
      const { device, addresses, mtu } = options;
      const tun = await openTun({ device, addresses, mtu, queueLength: QUEUE_LENGTH })();
      if (E.isLeft(tun)) return tun;
      scope.defer(tun.right.stop);
      void tun.right.closed.then((ended) => {
        if (E.isLeft(ended)) scope.fail(ended.left);
      });
      const socket = await openUdpSocket(options, scope)();
      if (E.isLeft(socket)) return socket;
      return E.right(join(tun.right, socket.right, ends.right, options, scope));
    },
  );
