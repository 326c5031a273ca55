/** The C compiler's word on our numbers: constants, sizes and offsets of the headers of linux-libc-dev. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as netlink from '@liquid/netlink';
import { expect } from 'vitest';
import { systemTest } from './machine.ts';

const HEADERS = [
  'linux/netlink.h',
  'linux/genetlink.h',
  'linux/rtnetlink.h',
  'linux/if_link.h',
  'linux/if_addr.h',
  'linux/neighbour.h',
  'linux/fib_rules.h',
  'linux/sock_diag.h',
  'linux/inet_diag.h',
  'linux/tcp.h',
  'linux/mptcp.h',
  'linux/netfilter/nfnetlink.h',
  'linux/netfilter/nfnetlink_queue.h',
];

const constants = {
  NLM_F_: netlink.NLM_F,
  NLMSGERR_ATTR_: netlink.NLMSGERR_ATTR,
  CTRL_CMD_: netlink.CTRL_CMD,
  CTRL_ATTR_: netlink.CTRL_ATTR,
  RTM_: netlink.RTM,
  RTNLGRP_: netlink.RTNLGRP,
  RTA_: netlink.RTA,
  RTAX_: netlink.RTAX,
  IFLA_: netlink.IFLA,
  IFA_: netlink.IFA,
  IFA_F_: netlink.IFA_F,
  NDA_: netlink.NDA,
  NUD_: netlink.NUD,
  FRA_: netlink.FRA,
  FR_ACT_: netlink.FR_ACT,
  INET_DIAG_: netlink.INET_DIAG,
  INET_DIAG_BC_: netlink.INET_DIAG_BC,
  SK_MEMINFO_: netlink.SK_MEMINFO,
  MPTCP_SUBFLOW_ATTR_: netlink.MPTCP_SUBFLOW_ATTR,
  MPTCP_SUBFLOW_FLAG_: netlink.MPTCP_SUBFLOW_FLAG,
  NFQA_: netlink.NFQA,
  NFQA_CFG_: netlink.NFQA_CFG,
  NFQA_CFG_F_: netlink.NFQA_CFG_F,
  NFQNL_CFG_CMD_: netlink.NFQNL_CFG_CMD,
  NFQNL_COPY_: netlink.NFQNL_COPY,
} as const;

const STRUCTS = {
  'sizeof(struct nlmsghdr)': netlink.NLMSG_HEADER,
  'sizeof(struct nlattr)': netlink.NLA_HEADER,
  'sizeof(struct genlmsghdr)': netlink.GENL_HEADER,
  'sizeof(struct nfgenmsg)': netlink.NFGENMSG,
  'sizeof(struct inet_diag_req_v2)': netlink.INET_DIAG_REQ_BYTES,
  'sizeof(struct inet_diag_msg)': netlink.INET_DIAG_MSG_BYTES,
  'offsetof(struct inet_diag_msg, idiag_expires)': 52,
  'offsetof(struct inet_diag_msg, idiag_inode)': 68,
  'offsetof(struct inet_diag_req_v2, id.idiag_if)': 44,
  'sizeof(struct ifinfomsg)': 16,
  'sizeof(struct ifaddrmsg)': 8,
  'sizeof(struct rtmsg)': 12,
  'sizeof(struct fib_rule_hdr)': 12,
  'sizeof(struct ndmsg)': 12,
  'sizeof(struct rtnexthop)': 8,
  'sizeof(struct nfqnl_msg_packet_hdr)': 7,
  'sizeof(struct nfqnl_msg_verdict_hdr)': 8,
};

/** Our field and the kernel's, where they are told apart by a value of its own. */
const TCP: ReadonlyArray<readonly [keyof netlink.TcpInfo, string]> = [
  ['state', 'tcpi_state'],
  ['congestionState', 'tcpi_ca_state'],
  ['retransmits', 'tcpi_retransmits'],
  ['probes', 'tcpi_probes'],
  ['backoff', 'tcpi_backoff'],
  ['options', 'tcpi_options'],
  ['sendWindowScale', 'tcpi_snd_wscale'],
  ['receiveWindowScale', 'tcpi_rcv_wscale'],
  ['deliveryRateAppLimited', 'tcpi_delivery_rate_app_limited'],
  ['fastOpenClientFail', 'tcpi_fastopen_client_fail'],
  ['rtoUs', 'tcpi_rto'],
  ['atoUs', 'tcpi_ato'],
  ['sendMssBytes', 'tcpi_snd_mss'],
  ['receiveMssBytes', 'tcpi_rcv_mss'],
  ['unacked', 'tcpi_unacked'],
  ['sacked', 'tcpi_sacked'],
  ['lost', 'tcpi_lost'],
  ['retransmitted', 'tcpi_retrans'],
  ['forwardAcked', 'tcpi_fackets'],
  ['lastDataSentMs', 'tcpi_last_data_sent'],
  ['lastAckSentMs', 'tcpi_last_ack_sent'],
  ['lastDataReceivedMs', 'tcpi_last_data_recv'],
  ['lastAckReceivedMs', 'tcpi_last_ack_recv'],
  ['pathMtuBytes', 'tcpi_pmtu'],
  ['receiveSsthreshBytes', 'tcpi_rcv_ssthresh'],
  ['rttUs', 'tcpi_rtt'],
  ['rttvarUs', 'tcpi_rttvar'],
  ['ssthresh', 'tcpi_snd_ssthresh'],
  ['cwnd', 'tcpi_snd_cwnd'],
  ['advertisedMssBytes', 'tcpi_advmss'],
  ['reordering', 'tcpi_reordering'],
  ['receiveRttUs', 'tcpi_rcv_rtt'],
  ['receiveSpaceBytes', 'tcpi_rcv_space'],
  ['totalRetransmits', 'tcpi_total_retrans'],
  ['pacingRate', 'tcpi_pacing_rate'],
  ['maxPacingRate', 'tcpi_max_pacing_rate'],
  ['bytesAcked', 'tcpi_bytes_acked'],
  ['bytesReceived', 'tcpi_bytes_received'],
  ['segmentsOut', 'tcpi_segs_out'],
  ['segmentsIn', 'tcpi_segs_in'],
  ['notSentBytes', 'tcpi_notsent_bytes'],
  ['minRttUs', 'tcpi_min_rtt'],
  ['dataSegmentsIn', 'tcpi_data_segs_in'],
  ['dataSegmentsOut', 'tcpi_data_segs_out'],
  ['deliveryRate', 'tcpi_delivery_rate'],
  ['busyUs', 'tcpi_busy_time'],
  ['receiveWindowLimitedUs', 'tcpi_rwnd_limited'],
  ['sendBufferLimitedUs', 'tcpi_sndbuf_limited'],
  ['delivered', 'tcpi_delivered'],
  ['deliveredCe', 'tcpi_delivered_ce'],
  ['bytesSent', 'tcpi_bytes_sent'],
  ['bytesRetransmitted', 'tcpi_bytes_retrans'],
  ['dsackDuplicates', 'tcpi_dsack_dups'],
  ['reorderingSeen', 'tcpi_reord_seen'],
  ['receivedOutOfOrder', 'tcpi_rcv_ooopack'],
  ['sendWindowBytes', 'tcpi_snd_wnd'],
];

const MPTCP: ReadonlyArray<readonly [keyof netlink.MptcpInfo, string]> = [
  ['subflows', 'mptcpi_subflows'],
  ['addAddrSignal', 'mptcpi_add_addr_signal'],
  ['addAddrAccepted', 'mptcpi_add_addr_accepted'],
  ['subflowsMax', 'mptcpi_subflows_max'],
  ['addAddrSignalMax', 'mptcpi_add_addr_signal_max'],
  ['addAddrAcceptedMax', 'mptcpi_add_addr_accepted_max'],
  ['flags', 'mptcpi_flags'],
  ['token', 'mptcpi_token'],
  ['writeSequence', 'mptcpi_write_seq'],
  ['sendUnacknowledged', 'mptcpi_snd_una'],
  ['receiveNext', 'mptcpi_rcv_nxt'],
  ['localAddressUsed', 'mptcpi_local_addr_used'],
  ['localAddressMax', 'mptcpi_local_addr_max'],
];

/** Runs a C program that the headers are included in; gives what it prints. */
const run = (body: string): Buffer => {
  const folder = mkdtempSync(join(tmpdir(), 'liquid-headers-'));
  try {
    const includes = ['stdio.h', 'stddef.h', 'string.h', ...HEADERS].map(
      (one) => `#include <${one}>`,
    );
    const source = join(folder, 'main.c');
    writeFileSync(source, `${includes.join('\n')}\nint main(void) {\n${body}\nreturn 0; }\n`);
    execFileSync('cc', ['-w', '-o', join(folder, 'main'), source]);
    return execFileSync(join(folder, 'main'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

systemTest('constants, sizes and offsets are those that the compiler sees', async () => {
  // Names newer than the installed headers can't be compiled: they are told, not compared.
  const text = HEADERS.map((name) => {
    const file = `/usr/include/${name}`;
    if (!existsSync(file)) throw new Error(`no ${file}: install linux-libc-dev`);
    return readFileSync(file, 'utf8');
  }).join('\n');
  const ours = new Map<string, number>(Object.entries(STRUCTS));
  const newer: Array<string> = [];
  for (const [prefix, table] of Object.entries(constants)) {
    for (const [name, value] of Object.entries(table)) {
      if (new RegExp(`\\b${prefix}${name}\\b`).test(text)) ours.set(`${prefix}${name}`, value);
      else newer.push(`${prefix}${name}`);
    }
  }
  const names = [...ours.keys()];
  const printed = run(names.map((name) => `printf("%lld\\n", (long long)(${name}));`).join('\n'));
  const values = printed.toString().trim().split('\n').map(Number);
  expect(Object.fromEntries(names.map((name, i) => [name, values[i]]))).toEqual(
    Object.fromEntries(ours),
  );
  console.log(`${names.length} values as the compiler has them; newer: ${newer.join(' ')}`);
});

systemTest('structs that the compiler filled are read field by field', async () => {
  const fill = (name: string, pointer: string, fields: ReadonlyArray<readonly [string, string]>) =>
    [
      `struct ${name} ${pointer}; memset(&${pointer}, 0, sizeof ${pointer});`,
      ...fields.map(([, field], i) => `${pointer}.${field} = ${i + 1};`),
      `fwrite(&${pointer}, sizeof ${pointer}, 1, stdout);`,
    ].join('\n');
  const tcp = run(fill('tcp_info', 'info', TCP));
  const read = netlink.readTcpInfo(netlink.sourceOf(tcp), 0, tcp.length);
  const small: Partial<Record<keyof netlink.TcpInfo, number | boolean>> = {
    // Bit fields keep their low bits only.
    deliveryRateAppLimited: (9 & 1) === 1,
    fastOpenClientFail: 10 & 3,
  };
  for (const [i, [field]] of TCP.entries()) {
    const value = read[field];
    const expected = small[field] ?? i + 1;
    expect([field, typeof value === 'bigint' ? Number(value) : value]).toEqual([field, expected]);
  }
  const mptcp = run(fill('mptcp_info', 'info', MPTCP));
  const whole = netlink.readMptcpInfo(netlink.sourceOf(mptcp), 0, mptcp.length);
  for (const [i, [field]] of MPTCP.entries()) {
    expect([field, Number(whole[field])]).toEqual([field, i + 1]);
  }
});
