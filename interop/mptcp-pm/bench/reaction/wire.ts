/**
 * Reactions as the wire shows them: from the segment that establishes a connection to the SYN that joins it.
 *
 * A client's connection becomes ESTABLISHED with the first segment on its initial subflow in which
 * the peer acknowledges data (a DSS option with a data acknowledgement, RFC 8684 3.1 and 3.3); the
 * reaction is the first outgoing SYN whose MP_JOIN names that connection by the peer's token, which
 * is derived from the key in the SYN/ACK.
 */

import { createHash } from 'node:crypto';
import type { CapturedPacket } from '@liquid/netlab';

const ETHERNET_HEADER = 14;
const PROTOCOL_TCP = 6;
const OPTION_MPTCP = 30;
const MP_CAPABLE = 0;
const MP_JOIN = 1;
const DSS = 2;
const DSS_HAS_DATA_ACK = 1;
const SYN = 0x02;
const ACK = 0x10;

interface Seen {
  readonly peerToken: number;
  establishedNs: bigint | undefined;
}

/** What a capture showed. */
export interface Reactions {
  /** Microseconds, one for each connection that was reacted to, in the order of their establishment. */
  readonly reactionsUs: ReadonlyArray<number>;
  /** Connections that became established. */
  readonly established: number;
}

/** The first 32 bits of the key's SHA-256 (RFC 8684 3.2). */
const tokenOf = (key: Uint8Array): number =>
  createHash('sha256').update(key).digest().readUInt32BE(0);

/**
 * Watches a client's interfaces.
 *
 * @param serverPort - of the connections to watch
 */
export const createReactionMeter = (
  serverPort: number,
): { readonly onPacket: (packet: CapturedPacket) => void; readonly reactions: () => Reactions } => {
  /**
   * When the first SYN with MP_JOIN left, by the peer's token. Each interface's packets come in their
   * order, those of two interfaces do not.
   */
  const joinsNs = new Map<number, bigint>();
  /** By the client's port of the initial subflow. */
  const byPort = new Map<number, Seen>();
  const connections: Seen[] = [];

  const onOption = (
    kind: number,
    option: DataView,
    flags: number,
    incoming: boolean,
    clientPort: number,
    timestampNs: bigint,
  ): void => {
    if (kind === MP_CAPABLE && incoming && (flags & (SYN | ACK)) === (SYN | ACK)) {
      const key = new Uint8Array(option.buffer, option.byteOffset + 4, 8);
      const seen: Seen = { peerToken: tokenOf(key), establishedNs: undefined };
      byPort.set(clientPort, seen);
      connections.push(seen);
    } else if (kind === DSS && incoming && (option.getUint8(3) & DSS_HAS_DATA_ACK) !== 0) {
      const seen = byPort.get(clientPort);
      if (seen !== undefined) seen.establishedNs ??= timestampNs;
    } else if (kind === MP_JOIN && !incoming && (flags & (SYN | ACK)) === SYN) {
      const peerToken = option.getUint32(4);
      if (!joinsNs.has(peerToken)) joinsNs.set(peerToken, timestampNs);
    }
  };

  return {
    onPacket: ({ bytes, timestampNs, direction }) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      if (view.getUint8(ETHERNET_HEADER) >> 4 !== 4) return;
      if (view.getUint8(ETHERNET_HEADER + 9) !== PROTOCOL_TCP) return;
      const tcp = ETHERNET_HEADER + (view.getUint8(ETHERNET_HEADER) & 15) * 4;
      const incoming = direction === 'in';
      if (view.getUint16(incoming ? tcp : tcp + 2) !== serverPort) return;
      const clientPort = view.getUint16(incoming ? tcp + 2 : tcp);
      const flags = view.getUint8(tcp + 13);
      const end = tcp + (view.getUint8(tcp + 12) >> 4) * 4;
      for (let at = tcp + 20; at + 1 < end; ) {
        const kind = view.getUint8(at);
        // End of the list, and padding.
        if (kind === 0) break;
        if (kind === 1) {
          at++;
          continue;
        }
        const length = view.getUint8(at + 1);
        if (length < 2 || at + length > end) break;
        if (kind === OPTION_MPTCP) {
          const option = new DataView(bytes.buffer, bytes.byteOffset + at, length);
          onOption(option.getUint8(2) >> 4, option, flags, incoming, clientPort, timestampNs);
        }
        at += length;
      }
    },
    reactions: () => {
      const established = connections.filter(({ establishedNs }) => establishedNs !== undefined);
      const reactionsUs = established.flatMap(({ peerToken, establishedNs }) => {
        const joinNs = joinsNs.get(peerToken);
        return establishedNs === undefined || joinNs === undefined
          ? []
          : [Number(joinNs - establishedNs) / 1000];
      });
      return { reactionsUs, established: established.length };
    },
  };
};
