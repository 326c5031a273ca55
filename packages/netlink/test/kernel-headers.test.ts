/** Our numbers are those of the kernel's headers, as Debian's linux-libc-dev installs them; prints how many there are. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as netlink from '../src/index.js';

const FOLDER = '/usr/include/linux/';

const FILES = [
  'netlink.h',
  'genetlink.h',
  'rtnetlink.h',
  'if.h',
  'if_link.h',
  'if_addr.h',
  'neighbour.h',
  'fib_rules.h',
  'sock_diag.h',
  'inet_diag.h',
  'tcp.h',
  'mptcp.h',
  'netfilter.h',
  'netfilter/nfnetlink.h',
  'netfilter/nfnetlink_queue.h',
];

/** Our tables of numbers and the prefix that each has in C. */
const TABLES: ReadonlyArray<readonly [string, Readonly<Record<string, number>>]> = [
  ['NLMSG_', netlink.NLMSG],
  ['NLM_F_', netlink.NLM_F],
  ['NETLINK_', netlink.NETLINK],
  ['NLMSGERR_ATTR_', netlink.NLMSGERR_ATTR],
  ['NL_ATTR_TYPE_', netlink.NL_ATTR_TYPE],
  ['NL_POLICY_TYPE_ATTR_', netlink.NL_POLICY_TYPE_ATTR],
  ['GENL_', netlink.GENL],
  ['CTRL_CMD_', netlink.CTRL_CMD],
  ['CTRL_ATTR_', netlink.CTRL_ATTR],
  ['CTRL_ATTR_OP_', netlink.CTRL_ATTR_OP],
  ['CTRL_ATTR_MCAST_GRP_', netlink.CTRL_ATTR_MCAST_GRP],
  ['CTRL_ATTR_POLICY_', netlink.CTRL_ATTR_POLICY],
  ['RTM_', netlink.RTM],
  ['RTNLGRP_', netlink.RTNLGRP],
  ['RT_TABLE_', netlink.RT_TABLE],
  ['RT_SCOPE_', netlink.RT_SCOPE],
  ['RTPROT_', netlink.RTPROT],
  ['RTN_', netlink.RTN],
  ['RTM_F_', netlink.RTM_F],
  ['RTA_', netlink.RTA],
  ['RTAX_', netlink.RTAX],
  ['RTNH_F_', netlink.RTNH_F],
  ['IFLA_', netlink.IFLA],
  ['IFLA_INFO_', netlink.IFLA_INFO],
  ['IFF_', netlink.IFF],
  ['IF_OPER_', netlink.IF_OPER],
  ['IFA_', netlink.IFA],
  ['IFA_F_', netlink.IFA_F],
  ['NDA_', netlink.NDA],
  ['NUD_', netlink.NUD],
  ['NTF_', netlink.NTF],
  ['FRA_', netlink.FRA],
  ['FR_ACT_', netlink.FR_ACT],
  ['SKNLGRP_', netlink.SKNLGRP],
  ['SK_MEMINFO_', netlink.SK_MEMINFO],
  ['INET_DIAG_', netlink.INET_DIAG],
  ['INET_DIAG_REQ_', netlink.INET_DIAG_REQ],
  ['INET_DIAG_BC_', netlink.INET_DIAG_BC],
  ['INET_ULP_INFO_', netlink.INET_ULP_INFO],
  ['TCP_CA_', netlink.TCP_CA],
  ['TCPI_OPT_', netlink.TCPI_OPT],
  ['MPTCP_SUBFLOW_ATTR_', netlink.MPTCP_SUBFLOW_ATTR],
  ['MPTCP_SUBFLOW_FLAG_', netlink.MPTCP_SUBFLOW_FLAG],
  ['MPTCP_INFO_FLAG_', netlink.MPTCP_INFO_FLAG],
  ['NF_', netlink.NF],
  ['NFNL_SUBSYS_', netlink.NFNL_SUBSYS],
  ['NFQA_', netlink.NFQA],
  ['NFQA_CFG_', netlink.NFQA_CFG],
  ['NFQA_CFG_F_', netlink.NFQA_CFG_F],
  ['NFQA_SKB_', netlink.NFQA_SKB],
  ['NFQNL_CFG_CMD_', netlink.NFQNL_CFG_CMD],
  ['NFQNL_COPY_', netlink.NFQNL_COPY],
];

/** Tables of attributes, of which all that the headers have should be here. */
const WHOLE = [
  'NLMSGERR_ATTR_',
  'CTRL_CMD_',
  'CTRL_ATTR_',
  'IFLA_',
  'IFA_',
  'RTA_',
  'RTAX_',
  'NDA_',
  'FRA_',
  'INET_DIAG_',
  'INET_DIAG_BC_',
  'MPTCP_SUBFLOW_ATTR_',
  'NFQA_',
  'NFQA_CFG_',
];

/** A constant expression of C, as far as these headers use it. */
const evaluate = (expression: string, known: ReadonlyMap<string, number>): number | undefined => {
  const text = expression
    .replace(/_BITUL?L?\((\d+)\)/g, '(1<<$1)')
    .replace(/\b(0x[0-9a-fA-F]+|\d+)[uUlL]+\b/g, '$1')
    .replace(/[A-Za-z_]\w*/g, (name) =>
      /^x[0-9a-f]/i.test(name) ? name : `${known.get(name) ?? '?'}`,
    )
    .trim();
  const tokens = text.match(/0x[0-9a-fA-F]+|\d+|<<|[-+|&()~]/g);
  if (text === '' || tokens === null || tokens.join('') !== text.replace(/\s/g, ''))
    return undefined;
  let at = 0;
  const unary = (): number => {
    const token = tokens[at++];
    if (token === '(') {
      const inner = binary(0);
      at++;
      return inner;
    }
    if (token === '~') return ~unary();
    if (token === '-') return -unary();
    return Number(token);
  };
  const LEVELS: ReadonlyArray<readonly string[]> = [['|'], ['&'], ['<<'], ['+', '-']];
  const binary = (level: number): number => {
    const operators = LEVELS[level];
    if (operators === undefined) return unary();
    let left = binary(level + 1);
    for (
      let token = tokens[at];
      token !== undefined && operators.includes(token);
      token = tokens[at]
    ) {
      at++;
      const right = binary(level + 1);
      left =
        token === '|'
          ? left | right
          : token === '&'
            ? left & right
            : token === '<<'
              ? left << right
              : token === '+'
                ? left + right
                : left - right;
    }
    return left;
  };
  const value = binary(0);
  return Number.isNaN(value) ? undefined : value;
};

/** Every enumerator and every constant macro of the headers. */
const constantsOf = (headers: ReadonlyArray<string>): ReadonlyMap<string, number> => {
  const known = new Map<string, number>();
  for (const header of headers) {
    const source = header.replace(/\/\*[\s\S]*?\*\//g, ' ').replace(/\\\n/g, ' ');
    const define = (name: string, body: string): void => {
      const value = evaluate(body, known);
      if (value !== undefined && !known.has(name)) known.set(name, value);
    };
    for (const [, name = '', body = ''] of source.matchAll(/^#\s*define\s+(\w+)[ \t]+(.+)$/gm)) {
      if (name !== body.trim()) define(name, body);
    }
    const code = source.replace(/^#.*$/gm, '');
    for (const [, body = ''] of code.matchAll(/\benum\b[^{;]*\{([^}]*)\}/g)) {
      let next = 0;
      for (const entry of body.split(',')) {
        const [name = '', expression] = entry.split(/=(.*)/s).map((part) => part.trim());
        if (name === '') continue;
        const value = expression === undefined ? next : (evaluate(expression, known) ?? next);
        known.set(name, value);
        next = value + 1;
      }
    }
    for (const [, name = '', body = ''] of source.matchAll(/^#\s*define\s+(\w+)[ \t]+(.+)$/gm)) {
      if (name !== body.trim()) define(name, body);
    }
  }
  return known;
};

test('our numbers are those of linux-libc-dev', (context) => {
  const missing = FILES.filter((file) => !existsSync(`${FOLDER}${file}`));
  if (missing.length > 0) {
    context.skip(`no ${FOLDER}${missing[0]}: install the Debian package linux-libc-dev`);
  }
  const known = constantsOf(FILES.map((file) => readFileSync(`${FOLDER}${file}`, 'utf8')));
  // TCP_CA_Open and its like are not in capitals.
  const values = new Map([...known].map(([name, value]) => [name.toUpperCase(), value >>> 0]));
  expect(values.get('INET_DIAG_CGROUP_ID')).toBe(21);
  const prefixes = TABLES.map(([prefix]) => prefix);
  let same = 0;
  const newer: Array<string> = [];
  const absent: Array<string> = [];
  for (const [prefix, table] of TABLES) {
    const ours = new Map(Object.entries(table).map(([name, value]) => [`${prefix}${name}`, value]));
    for (const [name, value] of ours) {
      const theirs = values.get(name);
      if (theirs === undefined) newer.push(name);
      else {
        expect([name, value >>> 0]).toEqual([name, theirs]);
        same++;
      }
    }
    if (!WHOLE.includes(prefix)) continue;
    for (const name of values.keys()) {
      const longer = prefixes.some(
        (other) => other.length > prefix.length && name.startsWith(other),
      );
      const bookkeeping =
        /_(UNSPEC|NONE|UNUSED\d*|RES\d*|NEXT|MAX|ALIGNTO)$|^IFLA_(INET6?|BR|BRPORT|VLAN|MACVLAN|MACVTAP|MACSEC|VRF|IPVLAN|VXLAN|GENEVE|BAREUDP|PPP|GTP|BOND|AD|VF|PORT|IPOIB|HSR|STATS|OFFLOAD|XDP|TUN|RMNET|MCTP|DSA|XFRM|VTI|IPTUN|GRE|INFO|EVENT|XSTATS|MAX|CAN|PROTO_DOWN_REASON|HW|IF)_/.test(
          name,
        );
      if (name.startsWith(prefix) && !longer && !bookkeeping && !ours.has(name)) absent.push(name);
    }
  }
  console.log(
    `${same} numbers as in the headers; newer than they: ${newer.join(' ') || 'none'}; only there: ${absent.join(' ') || 'none'}`,
  );
  expect(same).toBeGreaterThan(350);
});
