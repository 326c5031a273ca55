/** A row of the socket diagnosis as a subflow's sample. */

import { AF, type DiagRow, MPTCP_SUBFLOW_FLAG, TCP_STATE } from '@liquid/netlink';
import type { AddressTexts } from './family-address.js';
import type { CongestionState, SubflowSample } from './model.js';

const CONGESTION: ReadonlyArray<CongestionState> = ['open', 'disorder', 'cwr', 'recovery', 'loss'];

/**
 * The peer, too, speaks MPTCP on it: who connected sees both MCAP flags or both JOIN flags, who
 * accepted the remote one. A socket that fell back to TCP while it connected keeps the local one alone.
 */
const SPOKEN = MPTCP_SUBFLOW_FLAG.MCAP_REM | MPTCP_SUBFLOW_FLAG.JOIN_REM;
const JOIN = MPTCP_SUBFLOW_FLAG.JOIN_REM | MPTCP_SUBFLOW_FLAG.JOIN_LOC;

/** We began it: the peer of who connected sees its own flags alone. */
const LOCAL = MPTCP_SUBFLOW_FLAG.MCAP_LOC | MPTCP_SUBFLOW_FLAG.JOIN_LOC;

/**
 * Whether the row is a subflow that path management cares for: of an MPTCP connection, and not one
 * that fell back. A joining subflow counts from its SYN on.
 */
export const isSubflow = (row: DiagRow): boolean => {
  const { subflow } = row;
  if (!subflow.present || subflow.tokenLocal === 0) return false;
  if (row.state === TCP_STATE.ESTABLISHED) return (subflow.flags & SPOKEN) !== 0;
  return row.state === TCP_STATE.SYN_SENT && (subflow.flags & JOIN) !== 0;
};

/** The row as a value of its own: one object, and its addresses where they are new. */
export const sampleOf = (row: DiagRow, texts: AddressTexts): SubflowSample => {
  const { subflow, tcp, localAddress, remoteAddress } = row;
  const { flags } = subflow;
  const v6 = row.family === AF.INET6;
  return {
    local: v6 ? texts.ipv6At(localAddress, 0) : texts.ipv4At(localAddress, 0),
    localPort: row.localPort,
    remote: v6 ? texts.ipv6At(remoteAddress, 0) : texts.ipv4At(remoteAddress, 0),
    remotePort: row.remotePort,
    token: subflow.tokenLocal,
    localId: subflow.idLocal,
    remoteId: subflow.idRemote,
    tcpState: row.state,
    fullyEstablished: (flags & MPTCP_SUBFLOW_FLAG.FULLY_ESTABLISHED) !== 0,
    join: (flags & JOIN) !== 0,
    initiated: (flags & LOCAL) !== 0,
    backup: (flags & MPTCP_SUBFLOW_FLAG.BKUP_LOC) !== 0,
    backupRemote: (flags & MPTCP_SUBFLOW_FLAG.BKUP_REM) !== 0,
    interfaceIndex: row.interfaceIndex,
    rttUs: tcp.rttUs,
    rttvarUs: tcp.rttvarUs,
    minRttUs: tcp.minRttUs,
    rtoUs: tcp.rtoUs,
    cwnd: tcp.cwnd,
    ssthresh: tcp.ssthresh,
    mssBytes: tcp.sendMssBytes,
    congestionState: CONGESTION[tcp.congestionState] ?? 'open',
    appLimited: tcp.deliveryRateAppLimited,
    deliveryBps: tcp.deliveryRate * 8,
    unacked: tcp.unacked,
    lost: tcp.lost,
    totalRetrans: tcp.totalRetransmits,
    bytesAcked: tcp.bytesAcked,
    bytesSent: tcp.bytesSent,
    bytesRetrans: tcp.bytesRetransmitted,
    notSentBytes: tcp.notSentBytes,
    sendWindowBytes: tcp.sendWindowBytes,
    lastAckMs: tcp.lastAckReceivedMs,
  };
};
