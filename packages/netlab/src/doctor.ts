/** The doctor: what this machine can do, found out by doing it in a network of its own. */

import * as E from 'fp-ts/lib/Either.js';
import type { Task } from 'fp-ts/lib/Task.js';
import type { LiquidError, Tagged } from '@liquid/types';
import type { NetworkDescription } from './description.js';
import { loadLibc } from './internal/libc.js';
import { requirePrivileges } from './internal/privileges.js';
import { findProgram } from './internal/run-command.js';
import { findTables } from './internal/impair/rules.js';
import { runAdministration } from './internal/run-step.js';
import { type Netlab, type NetlabOptions, openNetlab } from './netlab.js';
import type { Shaping } from './shaping.js';

/** One thing that was looked at. @since 0.1.0 */
export interface Finding {
  /** As in `veth` or `tbf`. */
  readonly name: string;
  readonly ok: boolean;
  /** Whether {@link openNetlab} works without it; then only what names it fails. */
  readonly optional: boolean;
  /** What was found, or why it doesn't work. */
  readonly message: string;
  readonly remedy?: string;
}

/** What a machine can do. @since 0.1.0 */
export interface Diagnosis {
  /** Everything that is not optional works. */
  readonly ok: boolean;
  readonly findings: ReadonlyArray<Finding>;
}

type Probe = () => Promise<E.Either<Tagged, string>>;

const look = async (name: string, optional: boolean, probe: Probe): Promise<Finding> => {
  const found = await probe();
  if (E.isRight(found)) return { name, ok: true, optional, message: found.right };
  const { message, remedy } = found.left;
  return { name, ok: false, optional, message, ...(remedy === undefined ? {} : { remedy }) };
};

const program =
  (name: string): Probe =>
  async () => {
    const path = findProgram(name);
    if (E.isLeft(path)) return path;
    const version = await runAdministration([name, '-V']);
    return E.isLeft(version) ? version : E.right(version.right.trim());
  };

const PAIR: NetworkDescription = {
  hosts: { a: {}, b: {} },
  links: [{ ends: [{ node: 'a', addresses: ['192.0.2.1/24'] }, { node: 'b' }] }],
};

const IMPAIRED: NetworkDescription = {
  hosts: { a: {}, b: {} },
  links: [{ ends: [{ node: 'a', impairment: { delayMs: 1 } }, { node: 'b' }] }],
};

const STRIPPED: NetworkDescription = {
  hosts: { a: {}, b: {} },
  links: [{ ends: [{ node: 'a', stripOptions: [30] }, { node: 'b' }] }],
};

/** Whether a network can be made; it is taken away again. */
const making =
  (description: NetworkDescription, options: NetlabOptions = {}): Probe =>
  async () => {
    const lab = await openNetlab(description, options)();
    if (E.isLeft(lab)) return lab;
    return after('works')(await lab.right.stop());
  };

const SHAPINGS: ReadonlyArray<readonly [string, Shaping]> = [
  ['tbf', { kind: 'tbf', rateBps: 1e6 }],
  ['htb', { kind: 'htb', rateBps: 1e6 }],
  ['fq_codel', { kind: 'fq_codel' }],
  ['bfifo', { kind: 'fifo', limitBytes: 10_000 }],
];

const after =
  (ok: string) =>
  <E1 extends Tagged>(result: E.Either<E1, unknown>): E.Either<E1, string> =>
    E.isLeft(result) ? result : E.right(ok);

const tryOut = async (lab: Netlab): Promise<ReadonlyArray<Finding>> => {
  const findings: Finding[] = [];
  for (const [name, shaping] of SHAPINGS) {
    const probe: Probe = async () => after('works')(await lab.reshape('a', 'eth0', shaping)());
    findings.push(await look(name, true, probe));
  }
  const opening =
    (
      open: () => Promise<E.Either<LiquidError, { readonly stop: Probe | (() => unknown) }>>,
    ): Probe =>
    async () => {
      const opened = await open();
      if (E.isLeft(opened)) return opened;
      await opened.right.stop();
      return E.right('works');
    };
  findings.push(
    await look('bridge', true, async () => {
      const namespace = lab.namespaceOf('a');
      if (E.isLeft(namespace)) return namespace;
      const argv = ['link', 'add', 'name', 'br0', 'type', 'bridge'];
      return after('works')(await runAdministration(['ip', '-n', namespace.right, ...argv]));
    }),
    await look('tun', true, opening(lab.openTun('a'))),
    await look('tcp-reset', true, async () =>
      after('works')(await lab.resetConnections('a', { forMs: 1 })()),
    ),
    await look(
      'capture',
      true,
      opening(lab.openCapture('a', { device: 'eth0', onPacket: () => undefined })),
    ),
  );
  return findings;
};

/**
 * Looks at what networks this machine can make: rights, programs, and each kernel feature by using
 * it once in a throw-away network. Never fails; takes about half a second as root.
 *
 * @example
 * ```ts no-run
 * import { diagnose } from '@liquid/netlab'
 *
 * const { ok, findings } = await diagnose()
 * if (!ok) console.log(findings.filter((finding) => !finding.ok && !finding.optional))
 * ```
 * @since 0.1.0
 */
export const diagnose: Task<Diagnosis> = async () => {
  const findings: Finding[] = [
    await look('rights', false, async () => {
      const allowed = requirePrivileges('making a network');
      return E.isLeft(allowed) ? allowed : E.right('CAP_SYS_ADMIN and CAP_NET_ADMIN');
    }),
    await look('ip', false, program('ip')),
    await look('tc', false, program('tc')),
    await look('koffi', false, async () => after('works')(await loadLibc())),
  ];
  if (findings.every(({ ok }) => ok)) {
    const lab = await openNetlab(PAIR)();
    findings.push(await look('namespaces and veth', false, async () => after('work')(lab)));
    if (E.isRight(lab)) {
      findings.push(...(await tryOut(lab.right)));
      const stopped = await lab.right.stop();
      if (E.isLeft(stopped)) findings.push(await look('removal', false, async () => stopped));
      findings.push(
        await look('netem', true, making(IMPAIRED, { impairer: 'netem' })),
        await look('nfqueue', true, making(IMPAIRED, { impairer: 'nfqueue' })),
        await look('iptables', true, async () => findTables(4, '')),
        await look('TCPOPTSTRIP', true, making(STRIPPED)),
      );
    }
  }
  return { ok: findings.every(({ ok, optional }) => ok || optional), findings };
};
