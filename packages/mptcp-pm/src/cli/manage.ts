/** The commands that run a manager: monitor and list only look, run decides. */

import type { Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { diagnose, type Finding } from '../doctor.js';
import { openPathManager } from '../manager.js';
import type { Connection, Subflow } from '../model.js';
import type { PathManagerEvent, PathManagerOptions } from '../path-manager.js';
import { EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, type Session } from './session.js';
import { describeEvent, hex } from './describe.js';

const mbps = (bps: number): string => (Number.isNaN(bps) ? '-' : (bps / 1e6).toFixed(2));

const row = (token: number, subflow: Subflow): ReadonlyArray<string> => {
  const { sample } = subflow;
  const marks = [
    subflow.phase,
    ...(subflow.backup ? ['backup'] : []),
    ...(subflow.backupRemote ? ['backup by the peer'] : []),
  ];
  return [
    hex(token),
    subflow.key,
    `${subflow.localId}/${subflow.remoteId}`,
    sample === undefined ? '-' : (sample.rttUs / 1000).toFixed(2),
    sample === undefined ? '-' : String(sample.cwnd),
    mbps(subflow.estimateBps),
    marks.join(', '),
  ];
};

const HEAD = ['token', 'subflow', 'ids', 'rtt ms', 'cwnd', 'Mbit/s', 'state'];

const table = (connections: ReadonlyArray<Connection>): string => {
  const rows = connections.flatMap(({ token, subflows }) =>
    subflows.map((subflow) => row(token, subflow)),
  );
  if (rows.length === 0) return 'no connections';
  const all = [HEAD, ...rows];
  const widths = HEAD.map((_, i) => Math.max(...all.map((cells) => (cells[i] ?? '').length)));
  return all
    .map((cells) =>
      cells
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

/** Shows what there is, and ends. */
export const list = async (session: Session, options: PathManagerOptions): Promise<number> => {
  const opened = await openPathManager({ ...options, mode: 'observe' })();
  if (E.isLeft(opened)) return session.fail(opened.left);
  const connections = [...opened.right.view().connections()];
  await opened.right.stop();
  return session.succeed({ connections }, () => table(connections));
};

/** Tells an event in the form that was asked for. */
const tell = (session: Session, lines: boolean, event: PathManagerEvent, startMs: number): void => {
  if (lines || session.json) {
    if (event._tag === 'Polled') return;
    const text = JSON.stringify(event);
    if (session.json) session.process.stderr.write(`${text}\n`);
    else session.line(text);
    return;
  }
  const text = describeEvent(event);
  if (text === undefined) return;
  session.line(`${((performance.now() - startMs) / 1000).toFixed(3).padStart(9)}  ${text}`);
};

/** What `run` and `monitor` may be told beside the manager's own options. */
export interface RunOptions extends PathManagerOptions {
  /** One JSON object a line, on stdout. */
  readonly lines?: boolean;
  readonly forMs?: number;
  /** Called when the manager has ended, as to close a recording. */
  readonly finish?: () => Promise<Tagged | undefined>;
}

/** Runs a manager until it is interrupted, or for a time, and tells what happens. */
export const run = async (session: Session, options: RunOptions): Promise<number> => {
  const { lines = false, forMs, finish, ...managing } = options;
  const startMs = performance.now();
  const opened = await openPathManager(managing)();
  if (E.isLeft(opened)) {
    await finish?.();
    return session.fail(opened.left);
  }
  const manager = opened.right;
  const { mode, transport } = manager;
  const first = [...manager.view().connections()];
  session.progress(
    { started: { mode, transport, connections: first.length } },
    `${mode === 'manage' ? 'managing' : 'observing'} (${transport}), ${first.length} connections; Ctrl-C ends`,
  );
  manager.events.on((event) => tell(session, lines, event, startMs));
  let timer: NodeJS.Timeout | undefined;
  const elapsed = new Promise<void>((resolve) => {
    if (forMs !== undefined) timer = setTimeout(resolve, forMs);
  });
  await Promise.race([session.untilInterrupted(), elapsed, manager.closed]);
  clearTimeout(timer);
  const stats = manager.stats();
  await manager.stop();
  const ended = await manager.closed;
  const failed = E.isLeft(ended) ? ended.left : await finish?.();
  if (failed !== undefined) return session.fail(failed);
  session.succeed(stats);
  return session.process.interrupted.aborted ? EXIT_INTERRUPTED : EXIT_OK;
};

const finding = ({ name, ok, optional, message, remedy }: Finding): string => {
  const mark = ok ? 'yes' : optional ? 'no' : 'NO';
  return `${mark.padEnd(4)}${name}: ${message}${remedy === undefined ? '' : ` – ${remedy}`}`;
};

/** Says what is in the way. */
export const doctor = async (
  session: Session,
  place: { readonly namespace?: string },
): Promise<number> => {
  const diagnosis = await diagnose(place)();
  if (session.json) {
    const { ok } = diagnosis;
    session.process.stdout.write(`${JSON.stringify({ ok, result: diagnosis })}\n`);
  } else session.line(diagnosis.findings.map(finding).join('\n'));
  return diagnosis.ok ? EXIT_OK : EXIT_FAILED;
};
