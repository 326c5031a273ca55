/** Errors of C calls and of `ip` and `tc`, as base errors with the mend. */

import { getSystemErrorName } from 'node:util';
import {
  conflict,
  fromUnknown,
  io,
  type LiquidError,
  notFound,
  permission,
  unsupported,
} from '@liquid/types';

const AS_ROOT = 'Run it as root, or in a container with CAP_SYS_ADMIN and CAP_NET_ADMIN.';

/** Debian's package of each program that a plan or a caller is likely to start. */
const PACKAGES: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  tc: 'iproute2',
  ss: 'iproute2',
  ping: 'iputils-ping',
  ethtool: 'ethtool',
  sysctl: 'procps',
  tcpdump: 'tcpdump',
  iperf3: 'iperf3',
  iptables: 'iptables',
  ip6tables: 'iptables',
  'iptables-legacy': 'iptables',
  'ip6tables-legacy': 'iptables',
  'iptables-restore': 'iptables',
  'ip6tables-restore': 'iptables',
};

/** What `errno` says about a call that failed. */
export const errnoError = (what: string, errno: number, path?: string): LiquidError => {
  let code: string;
  try {
    code = getSystemErrorName(-errno);
  } catch {
    code = `E${errno}`;
  }
  const error = fromUnknown(what)({ code, errno, path, message: code });
  return error._tag === 'Permission' ? { ...error, remedy: AS_ROOT } : error;
};

/** A program that is on no directory of the PATH. */
export const programMissing = (program: string): LiquidError => {
  const debian = PACKAGES[program];
  const remedy =
    debian === undefined
      ? `Install ${program} or give its full path.`
      : `Install Debian's package: apt-get install ${debian}`;
  return notFound({ what: 'program', path: program, remedy });
};

/** The rights that making a network takes. */
export const notRoot = (what: string): LiquidError =>
  permission({ what, expected: 'CAP_SYS_ADMIN and CAP_NET_ADMIN', remedy: AS_ROOT });

/** What a firewall rule does, and the kernel's option for it. */
const TARGETS: Readonly<Record<string, string>> = {
  NFQUEUE: 'NFQUEUE (CONFIG_NETFILTER_XT_TARGET_NFQUEUE, CONFIG_NETFILTER_NETLINK_QUEUE)',
  REJECT: 'REJECT (CONFIG_IP_NF_TARGET_REJECT)',
  TCPOPTSTRIP: 'TCPOPTSTRIP (CONFIG_NETFILTER_XT_TARGET_TCPOPTSTRIP)',
};

const kernelFeature = (argv: ReadonlyArray<string>): string => {
  const disciplines: Readonly<Record<string, string>> = {
    tbf: 'CONFIG_NET_SCH_TBF',
    htb: 'CONFIG_NET_SCH_HTB',
    fq_codel: 'CONFIG_NET_SCH_FQ_CODEL',
    bfifo: 'CONFIG_NET_SCH_FIFO',
    pfifo: 'CONFIG_NET_SCH_FIFO',
    netem: 'CONFIG_NET_SCH_NETEM',
    veth: 'CONFIG_VETH',
    bridge: 'CONFIG_BRIDGE',
    rule: 'CONFIG_IP_MULTIPLE_TABLES',
    netns: 'CONFIG_NET_NS',
  };
  for (const word of [...argv].reverse()) {
    const option = disciplines[word];
    if (option !== undefined) return `${word} (${option})`;
  }
  return argv.slice(0, 2).join(' ');
};

/** What `ip` or `tc` meant; they exit with 1 or 2 for everything and say the rest in words. */
export const commandError = (
  argv: ReadonlyArray<string>,
  result: { readonly exitCode: number | null; readonly stderr: string },
): LiquidError => {
  const said = result.stderr.trim().replaceAll(/\s*\n\s*/g, '; ');
  const line = argv.join(' ');
  const message = `${line}: ${said === '' ? `exit code ${result.exitCode}` : said}`;
  if (/Operation not permitted|Permission denied|Read-only file system/.test(said)) {
    return permission({ message, remedy: AS_ROOT });
  }
  if (/qdisc kind is unknown|Unknown device type|Operation not supported/.test(said)) {
    const actual = kernelFeature(argv);
    const remedy = 'Use a kernel that has it, as a module or built in.';
    return unsupported({ message: `this kernel lacks ${actual}: ${message}`, actual, remedy });
  }
  const missing = /exec of "([^"]+)" failed: No such file/.exec(said)?.[1];
  if (missing !== undefined) return programMissing(missing);
  const target = /(NFQUEUE|REJECT|TCPOPTSTRIP)/.exec(`${line} ${said}`)?.[1];
  if (
    /No chain\/target\/match|Extension .* (?:is not supported|revision)|can't initialize ip6?tables/.test(
      said,
    )
  ) {
    const actual = target === undefined ? 'a table of iptables' : (TARGETS[target] ?? target);
    const remedy = 'Use a kernel that has it, as a module or built in.';
    return unsupported({ message: `this kernel lacks ${actual}: ${message}`, actual, remedy });
  }
  if (/File exists|already assigned/.test(said)) return conflict({ message, actual: said });
  if (/Cannot find device|No such (?:file|device|process)|does not exist/.test(said)) {
    return notFound({ path: line, message });
  }
  return io({ message, path: line });
};
