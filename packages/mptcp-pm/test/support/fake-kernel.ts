/** A kernel and a network made of formulas: it carries out commands, sends events and is polled. */
import { sameTuple } from '../../src/four-tuple.js';
import { createEngine, type Engine, type EngineOptions, stepEngine } from '../../src/engine.js';
import type { PmEvent } from '../../src/event.js';
import type { Command, EngineInput, Notice } from '../../src/input.js';
import type { FourTuple, SubflowSample } from '../../src/model.js';
import type { Refusal } from '../../src/policy.js';
import { addresses, connectionFields, LOCAL, sample, subflowFields, tuple } from './build.js';

/** What a path is like at a time. */
export interface PathState {
  readonly rttMs: number;
  readonly bps: number;
  /** Share of the segments that are lost. */
  readonly loss?: number;
  /** SYNs get no answer. */
  readonly dead?: boolean;
  /** No packet comes back. */
  readonly stalled?: boolean;
}

export interface FakeOptions extends Omit<EngineOptions, 'policies'> {
  readonly policies: EngineOptions['policies'];
  readonly path: (index: number, atMs: number) => PathState;
  readonly up?: ReadonlyArray<number>;
  readonly pollMs?: number;
  /** What the application sends, bit/s; default more than any path takes. */
  readonly wantedBps?: number;
  /** Bytes that the peer's window holds. */
  readonly windowBytes?: number;
  readonly refuse?: (command: Command, atMs: number) => Refusal | undefined;
}

interface FakeSubflow {
  readonly tuple: FourTuple;
  readonly path: number;
  readonly join: boolean;
  readonly sinceMs: number;
  up: boolean;
  backup: boolean;
  rttMs: number;
  bytesSent: number;
  bytesAcked: number;
  bytesRetrans: number;
  retrans: number;
}

export interface Entry {
  readonly atMs: number;
  readonly command: Command;
}

const TOKEN = 0x1234;

const STEP_MS = 10;
const MSS = 1448;

export class FakeKernel {
  engine: Engine;
  nowMs = 0;
  readonly commands: Array<Entry> = [];
  readonly notices: Array<Notice> = [];
  readonly inputs: Array<{ input: EngineInput; commands: ReadonlyArray<Command> }> = [];
  subflows: Array<FakeSubflow> = [];
  /** Times at which no subflow was established, ms in all. */
  deadMs = 0;
  bytesOn: Array<number> = [0, 0, 0];
  readonly #options: FakeOptions;
  #later: Array<{ readonly atMs: number; readonly run: () => void }> = [];
  #port = 41_000;
  #wakeAtMs = Number.NaN;
  #nextPollMs: number;

  constructor(options: FakeOptions) {
    this.#options = options;
    this.#nextPollMs = options.pollMs ?? 300;
    this.engine = createEngine(options);
    this.feed({ _tag: 'Addresses', atMs: 0, addresses: addresses(...(options.up ?? [0, 1])) });
    this.subflows.push(this.#subflow(tuple(0, 40_000), 0, false, false, true));
    this.event({ _tag: 'Created', ...connectionFields(TOKEN) });
    this.event({ _tag: 'Established', ...connectionFields(TOKEN) });
  }

  #subflow(at: FourTuple, path: number, join: boolean, backup: boolean, up: boolean): FakeSubflow {
    const { rttMs } = this.#options.path(path, this.nowMs);
    return {
      tuple: at,
      path,
      join,
      sinceMs: this.nowMs,
      up,
      backup,
      rttMs,
      bytesSent: 0,
      bytesAcked: 0,
      bytesRetrans: 0,
      retrans: 0,
    };
  }

  event(event: PmEvent): void {
    this.feed({ _tag: 'Event', atMs: this.nowMs, event });
  }

  feed(input: EngineInput): void {
    const queue: Array<EngineInput> = [input];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const stepped = stepEngine(this.engine, next);
      this.inputs.push({ input: next, commands: stepped.commands });
      this.engine = stepped.engine;
      this.#wakeAtMs = stepped.wakeAtMs ?? Number.NaN;
      this.notices.push(...stepped.notices);
      for (const command of stepped.commands) {
        this.commands.push({ atMs: this.nowMs, command });
        const refusal = this.#carryOut(command);
        const outcome = { _tag: 'Outcome', atMs: this.nowMs, command } as const;
        queue.push(refusal === undefined ? outcome : { ...outcome, refusal });
      }
    }
  }

  #carryOut(command: Command): Refusal | undefined {
    const refusal = this.#options.refuse?.(command, this.nowMs);
    if (refusal !== undefined) return refusal;
    const { action } = command;
    if (action._tag === 'CreateSubflow') {
      const path = LOCAL.indexOf(action.local as (typeof LOCAL)[number]);
      const { rttMs, dead } = this.#options.path(path, this.nowMs);
      if (dead === true) return undefined;
      const at = { ...tuple(path, this.#port++), remotePort: action.remotePort };
      const subflow = this.#subflow(at, path, true, action.backup, false);
      this.subflows.push(subflow);
      this.#in(rttMs, () => {
        if (!this.subflows.includes(subflow)) return;
        subflow.up = true;
        this.event({ _tag: 'SubEstablished', ...subflowFields(TOKEN, at) });
      });
      return undefined;
    }
    if (!('subflow' in action)) return undefined;
    const known = this.engine.view
      .connection(TOKEN)
      ?.subflows.find(({ key }) => key === action.subflow);
    const subflow = this.subflows.find((each) => known && sameTuple(each.tuple, known));
    if (subflow === undefined) {
      return { tag: 'SubflowNotFound', message: 'subflow not found', errno: 3 };
    }
    if (action._tag === 'SetBackup') subflow.backup = action.backup;
    else this.#in(2, () => this.close(subflow, action._tag === 'Abort' ? 103 : 0));
    return undefined;
  }

  #in(ms: number, run: () => void): void {
    this.#later.push({ atMs: this.nowMs + ms, run });
  }

  close(subflow: FakeSubflow, error: number, peer?: { transient: boolean }): void {
    if (!this.subflows.includes(subflow)) return;
    this.subflows = this.subflows.filter((each) => each !== subflow);
    const reset = peer === undefined ? {} : { reset: { reason: 0, transient: peer.transient } };
    this.event({ _tag: 'SubClosed', ...subflowFields(TOKEN, subflow.tuple), error, ...reset });
  }

  /** The subflows over which data goes. */
  active(): ReadonlyArray<FakeSubflow> {
    const up = this.subflows.filter((subflow) => subflow.up);
    const first = up.filter((subflow) => !subflow.backup);
    return first.length > 0 ? first : up;
  }

  #carry(): void {
    const active = this.active();
    if (active.length === 0) this.deadMs += STEP_MS;
    for (const subflow of active) {
      const path = this.#options.path(subflow.path, this.nowMs);
      const sharing = active.filter((each) => each.path === subflow.path).length;
      const wanted = (this.#options.wantedBps ?? Number.POSITIVE_INFINITY) / active.length;
      const bytes = (Math.min(path.bps / sharing, wanted) / 8e3) * STEP_MS;
      const lost = bytes * (path.loss ?? 0);
      subflow.bytesSent += bytes;
      subflow.bytesRetrans += lost;
      subflow.retrans += lost / MSS;
      if (path.stalled !== true) subflow.bytesAcked += bytes - lost;
      this.bytesOn[subflow.path] = (this.bytesOn[subflow.path] ?? 0) + bytes;
      // The smoothed round-trip time follows within some round trips, and no sooner than one.
      const share = Math.min(1, STEP_MS / (2 * path.rttMs + 100));
      if (path.stalled !== true) subflow.rttMs += share * (path.rttMs - subflow.rttMs);
    }
  }

  samples(): ReadonlyArray<SubflowSample> {
    const active = this.active();
    return this.subflows
      .filter((subflow) => subflow.up)
      .map((subflow) => {
        const path = this.#options.path(subflow.path, this.nowMs);
        const sharing = Math.max(1, active.filter((each) => each.path === subflow.path).length);
        const wanted = (this.#options.wantedBps ?? Number.POSITIVE_INFINITY) / active.length;
        const busy = active.includes(subflow) && wanted > path.bps / sharing;
        return sample(TOKEN, subflow.tuple, {
          join: subflow.join,
          backup: subflow.backup,
          fullyEstablished: true,
          rttUs: Math.round(subflow.rttMs * 1000),
          cwnd: Math.max(1, Math.round(((path.bps / sharing) * subflow.rttMs) / 8e3 / MSS)),
          ssthresh: 1,
          appLimited: !busy,
          unacked: busy ? 5 : 0,
          bytesSent: Math.round(subflow.bytesSent),
          bytesAcked: Math.round(subflow.bytesAcked),
          bytesRetrans: Math.round(subflow.bytesRetrans),
          totalRetrans: Math.round(subflow.retrans),
          sendWindowBytes: this.#options.windowBytes ?? 4_000_000,
        });
      });
  }

  /** Lets time pass. */
  run(untilMs: number): this {
    while (this.nowMs < untilMs) {
      this.nowMs += STEP_MS;
      this.#carry();
      const due = this.#later.filter(({ atMs }) => atMs <= this.nowMs);
      this.#later = this.#later.filter(({ atMs }) => atMs > this.nowMs);
      for (const { run } of due) run();
      if (this.#wakeAtMs <= this.nowMs) this.feed({ _tag: 'Wake', atMs: this.nowMs });
      if (this.nowMs >= this.#nextPollMs) {
        this.#nextPollMs += this.#options.pollMs ?? 300;
        const atMs = this.nowMs;
        this.feed({ _tag: 'Samples', atMs, complete: true, samples: this.samples() });
      }
    }
    return this;
  }

  /** Commands of a kind, in their order. */
  of(tag: Command['action']['_tag']): ReadonlyArray<Entry> {
    return this.commands.filter(({ command }) => command.action._tag === tag);
  }
}
