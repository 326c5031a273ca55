/** Socket diagnosis: the numbers of linux/sock_diag.h and linux/inet_diag.h by which the kernel tells of its sockets. */

/** Message types of NETLINK_SOCK_DIAG. @since 0.1.0 */
export const SOCK_DIAG = {
  /** Asks for sockets, and brings each of them. */
  BY_FAMILY: 20,
  /** Aborts one: for TCP with a RST. */
  DESTROY: 21,
} as const;

/** Multicast groups of destroyed sockets (`SKNLGRP_*`); they want CAP_NET_ADMIN. @since 0.1.0 */
export const SKNLGRP = {
  INET_TCP_DESTROY: 1,
  INET_UDP_DESTROY: 2,
  INET6_TCP_DESTROY: 3,
  INET6_UDP_DESTROY: 4,
} as const;

/** Address families. @since 0.1.0 */
export const AF = { UNSPEC: 0, UNIX: 1, INET: 2, BRIDGE: 7, INET6: 10, PACKET: 17 } as const;

/** Protocols of sockets; MPTCP does not fit the eight bits that most of the network has. @since 0.1.0 */
export const IPPROTO = { TCP: 6, UDP: 17, SCTP: 132, UDPLITE: 136, RAW: 255, MPTCP: 262 } as const;

/** States of TCP, as `row.state`; a filter has bit `1 << state`. @since 0.1.0 */
export const TCP_STATE = {
  ESTABLISHED: 1,
  SYN_SENT: 2,
  SYN_RECV: 3,
  FIN_WAIT1: 4,
  FIN_WAIT2: 5,
  TIME_WAIT: 6,
  CLOSE: 7,
  CLOSE_WAIT: 8,
  LAST_ACK: 9,
  LISTEN: 10,
  CLOSING: 11,
  NEW_SYN_RECV: 12,
  BOUND_INACTIVE: 13,
} as const;

/** The mask of a filter that takes these states. @since 0.1.0 */
export const stateMask = (...states: ReadonlyArray<number>): number =>
  states.reduce((mask, state) => mask | (1 << state), 0);

/** Sockets that hold a connection or try to: all but LISTEN, CLOSE, TIME_WAIT and SYN_RECV. @since 0.1.0 */
export const CONNECTED_STATES = /* @__PURE__ */ stateMask(1, 2, 4, 5, 8, 9, 11);

/** Attributes of a request (`INET_DIAG_REQ_*`). @since 0.1.0 */
export const INET_DIAG_REQ = { BYTECODE: 1, SK_BPF_STORAGES: 2, PROTOCOL: 3 } as const;

/** Attributes of a socket (`INET_DIAG_*`); to ask for one that has to be asked for: {@link DIAG_EXT}. @since 0.1.0 */
export const INET_DIAG = {
  MEMINFO: 1,
  INFO: 2,
  VEGASINFO: 3,
  CONG: 4,
  TOS: 5,
  TCLASS: 6,
  SKMEMINFO: 7,
  SHUTDOWN: 8,
  DCTCPINFO: 9,
  PROTOCOL: 10,
  SKV6ONLY: 11,
  LOCALS: 12,
  PEERS: 13,
  PAD: 14,
  MARK: 15,
  BBRINFO: 16,
  CLASS_ID: 17,
  MD5SIG: 18,
  ULP_INFO: 19,
  SK_BPF_STORAGES: 20,
  CGROUP_ID: 21,
  SOCKOPT: 22,
} as const;

/**
 * What a request may ask for beside what always comes: bit `attribute − 1` of `idiag_ext`. The rest
 * of {@link INET_DIAG}, ULP_INFO with the MPTCP part among it, comes unasked with INFO.
 *
 * @since 0.1.0
 */
export const DIAG_EXT = {
  MEMINFO: 0x01,
  INFO: 0x02,
  /** Of the congestion control: VEGASINFO, DCTCPINFO or BBRINFO. */
  VEGASINFO: 0x04,
  CONG: 0x08,
  TOS: 0x10,
  TCLASS: 0x20,
  SKMEMINFO: 0x40,
  SHUTDOWN: 0x80,
} as const;

/** Attributes within ULP_INFO (`INET_ULP_INFO_*`). @since 0.1.0 */
export const INET_ULP_INFO = { NAME: 1, TLS: 2, MPTCP: 3 } as const;

/** Attributes within ULP_INFO's MPTCP (`MPTCP_SUBFLOW_ATTR_*` of linux/mptcp.h). @since 0.1.0 */
export const MPTCP_SUBFLOW_ATTR = {
  TOKEN_REM: 1,
  TOKEN_LOC: 2,
  RELWRITE_SEQ: 3,
  MAP_SEQ: 4,
  MAP_SFSEQ: 5,
  SSN_OFFSET: 6,
  MAP_DATALEN: 7,
  FLAGS: 8,
  ID_REM: 9,
  ID_LOC: 10,
  PAD: 11,
} as const;

/** Bits of a subflow's flags (`MPTCP_SUBFLOW_FLAG_*`). @since 0.1.0 */
export const MPTCP_SUBFLOW_FLAG = {
  MCAP_REM: 0x001,
  MCAP_LOC: 0x002,
  JOIN_REM: 0x004,
  JOIN_LOC: 0x008,
  BKUP_REM: 0x010,
  BKUP_LOC: 0x020,
  FULLY_ESTABLISHED: 0x040,
  CONNECTED: 0x080,
  MAPVALID: 0x100,
} as const;

/** Indices of SKMEMINFO (`SK_MEMINFO_*` of linux/sock_diag.h). @since 0.1.0 */
export const SK_MEMINFO = {
  RMEM_ALLOC: 0,
  RCVBUF: 1,
  WMEM_ALLOC: 2,
  SNDBUF: 3,
  FWD_ALLOC: 4,
  WMEM_QUEUED: 5,
  OPTMEM: 6,
  BACKLOG: 7,
  DROPS: 8,
} as const;

/** Bytes of `struct inet_diag_req_v2`. @since 0.1.0 */
export const INET_DIAG_REQ_BYTES = 56;

/** Bytes of `struct inet_diag_msg`. @since 0.1.0 */
export const INET_DIAG_MSG_BYTES = 72;

/** Both halves of a cookie that is not known. @since 0.1.0 */
export const INET_DIAG_NOCOOKIE = 0xffffffff;
