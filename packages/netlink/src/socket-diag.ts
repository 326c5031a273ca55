/** A socket as the kernel's diagnosis tells it, as an immutable value with exact numbers: the rich form. */

import type { WithUnknown } from './attribute-set.js';
import type { MptcpInfo } from './mptcp-info.js';
import type { SocketId } from './sock-diag-request.js';
import type { TcpInfo } from './tcp-info.js';

/** `INET_DIAG_MEMINFO`. @since 0.1.0 */
export interface DiagMemory {
  readonly receiveBytes: number;
  readonly sendQueuedBytes: number;
  readonly forwardBytes: number;
  readonly sendBytes: number;
}

/** `INET_DIAG_SKMEMINFO`; what an older kernel lacks is 0. @since 0.1.0 */
export interface SocketMemory {
  readonly receiveAllocatedBytes: number;
  readonly receiveBufferBytes: number;
  readonly sendAllocatedBytes: number;
  readonly sendBufferBytes: number;
  readonly forwardAllocatedBytes: number;
  readonly sendQueuedBytes: number;
  readonly optionMemoryBytes: number;
  readonly backlogBytes: number;
  /** Packets dropped for want of buffer. */
  readonly drops: number;
}

/** `INET_DIAG_SOCKOPT`: options that are set. @since 0.1.0 */
export interface SocketOptions {
  readonly receiveErrors: boolean;
  /** It is a connection-oriented socket (`is_icsk`). */
  readonly connectionOriented: boolean;
  readonly freeBind: boolean;
  readonly headerIncluded: boolean;
  readonly multicastLoop: boolean;
  readonly transparent: boolean;
  readonly multicastAll: boolean;
  readonly noDefragment: boolean;
  readonly bindAddressNoPort: boolean;
  readonly receiveErrorsRfc4884: boolean;
  readonly deferConnect: boolean;
}

/** The MPTCP part of a subflow. @since 0.1.0 */
export interface SubflowInfo {
  /** Token by which the peer knows the connection. */
  readonly tokenRemote?: number;
  /** Token by which this host does, and which path-management commands take. */
  readonly tokenLocal?: number;
  readonly relativeWriteSequence?: number;
  /** Data sequence number of the current mapping. */
  readonly mapSequence?: bigint;
  readonly mapSubflowSequence?: number;
  readonly subflowSequenceOffset?: number;
  readonly mapDataLength?: number;
  /** See `MPTCP_SUBFLOW_FLAG`. */
  readonly flags?: number;
  readonly idRemote?: number;
  readonly idLocal?: number;
}

/** The protocol on top of a TCP socket (`INET_DIAG_ULP_INFO`). @since 0.1.0 */
export interface UpperLayer {
  /** As `mptcp` or `tls`. */
  readonly name?: string;
  readonly mptcp?: SubflowInfo & WithUnknown;
}

/** What BBR tells of itself (`INET_DIAG_BBRINFO`). @since 0.1.0 */
export interface BbrInfo {
  /** Estimated bandwidth, bytes a second. */
  readonly bandwidth: bigint;
  readonly minRttUs: number;
  /** 256 stands for 1. */
  readonly pacingGain: number;
  readonly cwndGain: number;
}

/** What DCTCP tells of itself (`INET_DIAG_DCTCPINFO`). @since 0.1.0 */
export interface DctcpInfo {
  readonly enabled: number;
  readonly ceState: number;
  readonly alpha: number;
  readonly ecnBytes: number;
  readonly totalBytes: number;
}

/** What Vegas and its kin tell of themselves (`INET_DIAG_VEGASINFO`). @since 0.1.0 */
export interface VegasInfo {
  readonly enabled: number;
  readonly rttCount: number;
  readonly rttUs: number;
  readonly minRttUs: number;
}

/** Attributes of a socket, each where the kernel sent it. @since 0.1.0 */
export interface SocketDiagAttributes {
  readonly memory?: DiagMemory;
  readonly socketMemory?: SocketMemory;
  /** Name of the congestion control. */
  readonly congestionControl?: string;
  readonly vegas?: VegasInfo;
  readonly dctcp?: DctcpInfo;
  readonly bbr?: BbrInfo;
  /** Of IPv4: type of service. */
  readonly tos?: number;
  /** Of IPv6: traffic class. */
  readonly trafficClass?: number;
  /** Bit 0: no more receiving; bit 1: no more sending. */
  readonly shutdown?: number;
  /** Of raw sockets. */
  readonly rawProtocol?: number;
  readonly v6Only?: boolean;
  /** Only with CAP_NET_ADMIN. */
  readonly mark?: number;
  readonly classId?: number;
  readonly upperLayer?: UpperLayer & WithUnknown;
  readonly cgroupId?: bigint;
  readonly options?: SocketOptions;
  readonly tcp?: TcpInfo;
  readonly mptcp?: MptcpInfo;
}

/** A socket. @since 0.1.0 */
export interface SocketDiag extends SocketDiagAttributes, WithUnknown {
  /** As asked for; the kernel's answer doesn't tell. */
  readonly protocol: number;
  /** See `TCP_STATE`. */
  readonly state: number;
  /** 0 none, 1 retransmission, 2 keep-alive, 3 TIME_WAIT, 4 zero-window probe. */
  readonly timer: number;
  /** Retransmissions or probes of that timer so far. */
  readonly retransmits: number;
  readonly id: Required<SocketId>;
  /** When {@link timer} goes off. */
  readonly expiresMs: number;
  /** Bytes that wait for the application; of a listener: connections that wait. */
  readonly receiveQueueBytes: number;
  /** Bytes written and not yet acknowledged; of a listener: the length of its queue. */
  readonly sendQueueBytes: number;
  readonly uid: number;
  readonly inode: number;
}
