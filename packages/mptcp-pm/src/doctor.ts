/** The doctor: whether paths can be managed here, and what is in the way, found out by trying. */

import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DIAG_EXT,
  groupOf,
  IPPROTO,
  MessageWriter,
  NETLINK,
  type NetlinkError,
  type NetlinkOptions,
  type NetlinkSocket,
  openNetlink,
  resolveFamily,
  stateMask,
  writeDiagDump,
  writeSockDestroy,
} from '@liquid/netlink';
import { ipv4FromUint32, type Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { Task } from 'fp-ts/lib/Task.js';
import { mptcpDisabled, kernelPathManager } from './error.js';
import { MPTCP_PM } from './family.js';
import {
  MPTCP_SYSCTLS,
  mptcpEnabled,
  readSysctls,
  type Sysctls,
  userspaceManager,
} from './internal/sysctl.js';

/** One thing that was looked at. @since 0.1.0 */
export interface Finding {
  /** As in `MPTCP` or `CAP_NET_ADMIN`. */
  readonly name: string;
  readonly ok: boolean;
  /** Whether managing paths works without it; then only what `message` names is missing. */
  readonly optional: boolean;
  /** What was found, or why it doesn't work. */
  readonly message: string;
  readonly remedy?: string;
}

/** What a machine, or a namespace, can do. @since 0.1.0 */
export interface Diagnosis {
  /** Everything that is not optional works. */
  readonly ok: boolean;
  readonly findings: ReadonlyArray<Finding>;
}

/** Where to look. @since 0.1.0 */
export interface DiagnoseOptions {
  /** Name of a namespace as `ip netns` has it, or the path of its file; default the process's own. */
  readonly namespace?: string;
  readonly transport?: NonNullable<NetlinkOptions['transport']>;
}

const fine = (name: string, message: string, optional = false): Finding => ({
  name,
  ok: true,
  optional,
  message,
});

const bad = (name: string, why: Pick<Tagged, 'message' | 'remedy'>, optional = false): Finding => ({
  name,
  ok: false,
  optional,
  message: why.message,
  ...(why.remedy === undefined ? {} : { remedy: why.remedy }),
});

const CONGESTION = [
  'net.ipv4.tcp_congestion_control',
  'net.ipv4.tcp_allowed_congestion_control',
] as const;

const settings = (sysctls: Sysctls): ReadonlyArray<Finding> => {
  if (sysctls.size === 0) {
    return [
      bad('settings', {
        message: "the namespace's settings can't be read",
        remedy: 'Install nsenter (util-linux), and run it as root.',
      }),
    ];
  }
  const enabled = mptcpEnabled(sysctls);
  const userspace = userspaceManager(sysctls);
  const control = sysctls.get(CONGESTION[0]) ?? 'unknown';
  const allowed = sysctls.get(CONGESTION[1]) ?? 'unknown';
  const said = `${control}; allowed: ${allowed}`;
  return [
    enabled === undefined
      ? bad('MPTCP', {
          message: 'this kernel has no MPTCP',
          remedy: 'Use a kernel with CONFIG_MPTCP, 5.19 or newer.',
        })
      : enabled
        ? fine('MPTCP', 'net.mptcp.enabled=1')
        : bad('MPTCP', mptcpDisabled()),
    ...(userspace === undefined
      ? enabled === undefined
        ? []
        : [
            bad('path manager', {
              message: 'this kernel has no userspace path manager',
              remedy: 'Use Linux 5.19 or newer.',
            }),
          ]
      : [
          userspace
            ? fine('path manager', 'new connections are for userspace (net.mptcp.pm_type=1)')
            : bad('path manager', kernelPathManager()),
        ]),
    // BBR's window follows its own estimate, and says nothing of what would be lost beyond it.
    control.startsWith('bbr')
      ? bad(
          'congestion control',
          {
            message: `${said}: estimates from the congestion window mean little with it`,
            remedy: 'Set net.ipv4.tcp_congestion_control=reno or cubic, or estimate by delivery.',
          },
          true,
        )
      : fine('congestion control', said, true),
  ];
};

/** TEST-NET-1 (RFC 5737): no socket has such addresses, so none is harmed. */
const NOBODY = {
  local: ipv4FromUint32(0xc0000201),
  localPort: 1,
  remote: ipv4FromUint32(0xc0000202),
  remotePort: 1,
};

const codeOf = (error: NetlinkError): string | undefined =>
  'code' in error ? error.code : undefined;

const diagnosis = async (
  diag: NetlinkSocket,
  permitted: boolean,
): Promise<ReadonlyArray<Finding>> => {
  const writer = new MessageWriter();
  const dump = async (name: string, protocol: number, config: string): Promise<Finding> => {
    const request = writeDiagDump(writer, {
      family: 4,
      protocol,
      states: stateMask(1),
      extensions: DIAG_EXT.INFO,
    });
    let rows = 0;
    const done = await diag.dump(
      request,
      () => void rows++,
      () => void (rows = 0),
    )();
    return E.isRight(done)
      ? fine(name, `${rows} established sockets over IPv4`)
      : bad(name, {
          message: done.left.message,
          remedy: `Use a kernel with ${config}, or load its module.`,
        });
  };
  const destroyed = await diag.request(writeSockDestroy(writer, NOBODY))();
  const code = E.isLeft(destroyed) ? codeOf(destroyed.left) : undefined;
  const name = 'SOCK_DESTROY';
  return [
    await dump('INET_DIAG', IPPROTO.TCP, 'CONFIG_INET_TCP_DIAG (tcp_diag)'),
    await dump('MPTCP_DIAG', IPPROTO.MPTCP, 'CONFIG_INET_MPTCP_DIAG (mptcp_diag)'),
    // The kernel looks for the socket first and asks for the right only if there is one.
    permitted && code === 'ENOENT'
      ? fine(name, 'subflows can be aborted with a RST', true)
      : E.isRight(destroyed) || code === 'ENOENT' || destroyed.left._tag === 'Permission'
        ? bad(name, { message: 'not permitted: needs CAP_NET_ADMIN', remedy: AS_ADMIN }, true)
        : bad(
            name,
            {
              message: `aborting subflows: ${destroyed.left.message}`,
              remedy: 'Use a kernel with CONFIG_INET_DIAG_DESTROY.',
            },
            true,
          ),
  ];
};

const AS_ADMIN =
  'Run it as root or with CAP_NET_ADMIN; without it, connections can be observed by polling.';

const family = async (generic: NetlinkSocket): Promise<ReadonlyArray<Finding>> => {
  const found = await resolveFamily(generic, MPTCP_PM.NAME)();
  if (E.isLeft(found)) return [bad('mptcp_pm', found.left)];
  const group = groupOf(found.right, MPTCP_PM.EVENTS_GROUP);
  if (E.isLeft(group)) return [bad('mptcp_pm', group.left)];
  const { operations, version } = found.right;
  const joined = generic.subscribe(group.right, () => undefined);
  if (E.isRight(joined)) joined.right();
  return [
    fine('mptcp_pm', `version ${version}, ${operations.length} commands`),
    E.isRight(joined)
      ? fine('CAP_NET_ADMIN', 'events and commands are permitted')
      : bad('CAP_NET_ADMIN', { message: joined.left.message, remedy: AS_ADMIN }),
  ];
};

const findProgram = async (name: string): Promise<string | undefined> => {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'];
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // Not there.
    }
  }
  return undefined;
};

const program = async (name: string): Promise<Finding> => {
  const path = await findProgram(name);
  return path === undefined
    ? bad(
        name,
        { message: 'not found; only people want it', remedy: 'apt-get install iproute2' },
        true,
      )
    : fine(name, path, true);
};

/**
 * Looks at everything that managing paths takes, by using it where that changes nothing: the kernel's
 * MPTCP and its settings, the family `mptcp_pm`, the rights, the socket diagnosis. Never fails; every
 * trouble has its remedy.
 *
 * @example
 * ```ts no-run
 * import { diagnose } from '@liquid/mptcp-pm'
 *
 * const { ok, findings } = await diagnose()()
 * if (!ok) console.log(findings.filter((finding) => !finding.ok))
 * ```
 * @since 0.1.0
 */
export const diagnose =
  (options: DiagnoseOptions = {}): Task<Diagnosis> =>
  async () => {
    const findings: Array<Finding> = [];
    const { namespace } = options;
    const using = async (
      protocol: number,
      look: (socket: NetlinkSocket) => Promise<ReadonlyArray<Finding>>,
    ): Promise<boolean> => {
      const opened = await openNetlink({ ...options, protocol })();
      if (E.isLeft(opened)) {
        findings.push(bad('netlink', opened.left));
        return false;
      }
      if (!findings.some(({ name }) => name === 'netlink')) {
        findings.push(fine('netlink', `transport ${opened.right.transport}`));
      }
      findings.push(...(await look(opened.right)));
      await opened.right.stop();
      return true;
    };
    const works = await using(NETLINK.GENERIC, family);
    if (works) {
      findings.push(...settings(await readSysctls(namespace, [...MPTCP_SYSCTLS, ...CONGESTION])));
      const permitted = findings.some(({ name, ok }) => name === 'CAP_NET_ADMIN' && ok);
      await using(NETLINK.SOCK_DIAG, (diag) => diagnosis(diag, permitted));
    }
    findings.push(await program('ip'), await program('ss'));
    return { ok: findings.every(({ ok, optional }) => ok || optional), findings };
  };
