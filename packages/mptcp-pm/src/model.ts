/** What path management speaks of: connections, their subflows, addresses, and what was measured of them. */

import type { IpAddress } from '@liquid/types';

/**
 * The kernel's name of a connection on this host: 32 bits, the local token (RFC 8684 3.2), unique
 * among the living connections of a network namespace.
 *
 * @since 0.1.0
 */
export type Token = number;

/** An MPTCP address id, 0 to 255; 0 is the address of the initial subflow (RFC 8684 3.4). @since 0.1.0 */
export type AddressId = number;

/** The four values that name a subflow among all TCP connections of a namespace. @since 0.1.0 */
export interface FourTuple {
  readonly local: IpAddress;
  readonly localPort: number;
  readonly remote: IpAddress;
  readonly remotePort: number;
}

/**
 * A {@link FourTuple} as text, equal when it is the same subflow: `10.0.0.1:40000>10.1.0.2:80`, IPv6
 * addresses in brackets, IPv4-mapped ones as IPv4.
 *
 * @since 0.1.0
 */
export type SubflowKey = string;

/** An address of this host that subflows may begin at. @since 0.1.0 */
export interface LocalAddress {
  readonly address: IpAddress;
  readonly interfaceName: string;
  readonly interfaceIndex: number;
  /** Whether the interface is up and has a carrier. */
  readonly up: boolean;
}

/** An address that the peer announced (ADD_ADDR, RFC 8684 3.4.1). @since 0.1.0 */
export interface RemoteAddress {
  readonly id: AddressId;
  readonly address: IpAddress;
  /** 0: that of the initial subflow. */
  readonly port: number;
}

/** The congestion control's state (`tcpi_ca_state`). @since 0.1.0 */
export type CongestionState = 'open' | 'disorder' | 'cwr' | 'recovery' | 'loss';

/** What one poll learnt of one subflow, from the kernel's `tcp_info` and the MPTCP part of inet_diag. @since 0.1.0 */
export interface SubflowSample extends FourTuple {
  readonly token: Token;
  readonly localId: AddressId;
  readonly remoteId: AddressId;
  /** The TCP state, `TCP_ESTABLISHED` is 1, `TCP_SYN_SENT` 2. */
  readonly tcpState: number;
  /** Whether the MPTCP handshake of the subflow is complete (`MPTCP_SUBFLOW_FLAG_FULLY_ESTABLISHED`). */
  readonly fullyEstablished: boolean;
  /** It began with MP_JOIN, not MP_CAPABLE. */
  readonly join: boolean;
  /** Whether this host began it (`MCAP_LOC` or `JOIN_LOC` of the flags); absent where unknown. */
  readonly initiated?: boolean;
  /** We asked the peer to treat it as backup. */
  readonly backup: boolean;
  /** The peer asked us to. */
  readonly backupRemote: boolean;
  readonly interfaceIndex: number;
  /** Smoothed round-trip time, µs. */
  readonly rttUs: number;
  readonly rttvarUs: number;
  /** Smallest round-trip time of the last minutes, µs. */
  readonly minRttUs: number;
  /** Retransmission timeout, µs. */
  readonly rtoUs: number;
  /** Congestion window, segments. */
  readonly cwnd: number;
  /** Segments; 0x7fffffff as long as there was no loss. */
  readonly ssthresh: number;
  /** Sender's maximum segment size, bytes. */
  readonly mssBytes: number;
  readonly congestionState: CongestionState;
  /** Whether the delivery rate was limited by the application, not the path. */
  readonly appLimited: boolean;
  /** Bit/s that the kernel saw delivered. */
  readonly deliveryBps: number;
  readonly unacked: number;
  readonly lost: number;
  /** Segments retransmitted since the beginning. */
  readonly totalRetrans: number;
  readonly bytesAcked: number;
  readonly bytesSent: number;
  readonly bytesRetrans: number;
  /** Bytes that wait in the socket, not yet sent. */
  readonly notSentBytes: number;
  /** The peer's receive window, bytes; 0 where the kernel doesn't tell. */
  readonly sendWindowBytes: number;
  /** Milliseconds since the last acknowledgement came. */
  readonly lastAckMs: number;
}

/** How far a subflow is. @since 0.1.0 */
export type SubflowPhase =
  /**
   * Our request to create it was accepted: a SYN is on its way. Until a poll or event tells the local
   * port, that is 0 and the key ends in `#` and a number.
   */
  | 'created'
  | 'established'
  /** We asked the kernel to end it, or TCP is past its established state. */
  | 'closing';

/** A subflow as known. @since 0.1.0 */
export interface Subflow extends FourTuple {
  readonly key: SubflowKey;
  readonly token: Token;
  readonly localId: AddressId;
  readonly remoteId: AddressId;
  readonly phase: SubflowPhase;
  /** The first of its connection, made by MP_CAPABLE. */
  readonly initial: boolean;
  readonly backup: boolean;
  readonly backupRemote: boolean;
  /** 0 where unknown. */
  readonly interfaceIndex: number;
  /** When it came into the phase, ms of the manager's clock. */
  readonly sinceMs: number;
  /** The last poll's; none before the first. */
  readonly sample: SubflowSample | undefined;
  /** When `sample` was taken, ms; 0 before the first. */
  readonly sampledAtMs: number;
  /** The poll before, from which rates over the last period are made. */
  readonly previousSample: SubflowSample | undefined;
  readonly previousSampledAtMs: number;
  /** Smoothed estimate of what it can carry, bit/s; see `estimate`. NaN before the first sample. */
  readonly estimateBps: number;
}

/** A Multipath TCP connection as known. @since 0.1.0 */
export interface Connection {
  readonly token: Token;
  /** `ESTABLISHED` came, or it was adopted. */
  readonly established: boolean;
  /** Whether the peer opened it. */
  readonly serverSide: boolean;
  /** It was there before the manager: learnt from the socket diagnosis. */
  readonly adopted: boolean;
  /** The peer asked not to connect to its initial address again (RFC 8684 3.1, flag C). */
  readonly denyJoinId0: boolean;
  readonly initial: FourTuple;
  readonly subflows: ReadonlyArray<Subflow>;
  /** What the peer announced, by id; not the initial address. */
  readonly remoteAddresses: ReadonlyArray<RemoteAddress>;
  /** What we announced. */
  readonly announced: ReadonlyArray<{ readonly id: AddressId; readonly address: IpAddress }>;
  readonly sinceMs: number;
  /** Sum of the estimates of its usable subflows, bit/s. */
  readonly estimateBps: number;
}
