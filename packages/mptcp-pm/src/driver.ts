/** Feeds the engine and carries out what it says, within the tick in which something happened. */

import { type MessageWriter, type NetlinkSocket, writeSockDestroy } from '@liquid/netlink';
import type { Clock } from '@liquid/types';
import { commandOfAction, tupleOfAction } from './command.js';
import { type Engine, engineView, type EngineStep, stepEngine } from './engine.js';
import { ACTION_COMMANDS, type PmError, refusalOf, toPmError } from './error.js';
import type { PmEvent } from './event.js';
import { writeCommand } from './family-command.js';
import type { Command, EngineInput, Notice } from './input.js';
import type { FourTuple } from './model.js';
import type { Action } from './policy.js';

/** What the driver does for others, all of it after the commands of an input were sent. */
export interface DriverListener {
  /** An input, what the engine made of it, and in what order: what a recording holds. */
  readonly onStep: (
    input: EngineInput,
    commands: ReadonlyArray<Command>,
    notices: ReadonlyArray<Notice>,
  ) => void;
  /** What became of a command. */
  readonly onOutcome: (command: Command, error: PmError | undefined) => void;
  /** When the engine wants to be woken next, ms of the clock; undefined: not at all. */
  readonly onWake: (atMs: number | undefined) => void;
}

/** The sockets and numbers that commands need; without them the driver only observes. */
export interface CommandPath {
  readonly generic: Pick<NetlinkSocket, 'call' | 'refusal' | 'arm' | 'disarm'>;
  readonly diag: Pick<NetlinkSocket, 'call' | 'refusal'>;
  readonly familyId: number;
  readonly writer: MessageWriter;
}

/** One place that makes them, so that all have one shape and the code compiled for one serves the other. */
export const commandPath = (
  generic: CommandPath['generic'],
  diag: CommandPath['diag'],
  familyId: number,
  writer: MessageWriter,
): CommandPath => ({ generic, diag, familyId, writer });

interface Step {
  readonly input: EngineInput;
  readonly commands: ReadonlyArray<Command>;
  readonly notices: ReadonlyArray<Notice>;
}

interface Outcome {
  readonly command: Command;
  readonly error: PmError | undefined;
}

/**
 * Sends what the writer holds. A function of its own for the compiler's sake: warming up calls it with
 * the real socket and with one that does nothing, so that neither is a surprise later.
 */
export const callKernel = (socket: CommandPath['diag'], writer: MessageWriter): number =>
  socket.call(writer);

/**
 * Writes and sends an action's command. Synchronous: the kernel has carried it out, or refused, when this
 * returns.
 */
export const carryOut = (
  path: CommandPath,
  action: Action,
  tuple: FourTuple | undefined,
): PmError | undefined => {
  const { writer } = path;
  if (action._tag === 'Abort') {
    if (tuple === undefined) return unknownSubflow(action.subflow);
    writeSockDestroy(writer, tuple);
    return outcomeOf(path.diag, action, callKernel(path.diag, writer));
  }
  writeCommand(writer, path.familyId, commandOfAction(action, tuple));
  return outcomeOf(path.generic, action, callKernel(path.generic, writer));
};

/** What a call's result says of an action. */
const outcomeOf = (
  socket: Pick<NetlinkSocket, 'refusal'>,
  action: Action,
  code: number,
): PmError | undefined =>
  code === 0
    ? undefined
    : toPmError(socket.refusal(code), {
        command: ACTION_COMMANDS[action._tag],
        token: action.token,
        address: action._tag === 'CreateSubflow' ? action.local : undefined,
      });

const ESRCH = 3;

const unknownSubflow = (subflow: string): PmError => ({
  _tag: 'SubflowNotFound',
  message: `SOCK_DESTROY: ESRCH: ${subflow} is no subflow`,
  remedy: 'Name a subflow as mptcp-pm list does.',
  errno: ESRCH,
  code: 'ESRCH',
});

/** An event that is about to come, and the datagram in which it will. */
export interface Awaited {
  readonly event: Extract<PmEvent, { readonly _tag: 'Established' }>;
  readonly datagram: Uint8Array;
}

/** A step that was worked out beforehand; the socket sends its first command with the event. */
interface Foreseen {
  readonly input: EngineInput;
  readonly step: EngineStep;
}

/** Actions are flat. */
const sameAction = (a: Action, b: Action | undefined): boolean => {
  if (b === undefined) return false;
  const [left, right] = [Object.entries(a), new Map(Object.entries(b))];
  return left.length === right.size && left.every(([key, value]) => right.get(key) === value);
};

/**
 * Holds the engine. `dispatch` steps it with an input, carries out its commands, feeds their outcomes
 * back, and only then tells the listener: nothing stands between an event and the reaction to it.
 */
export class Driver {
  #engine: Engine;
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #path: CommandPath | undefined;
  readonly #listener: DriverListener;
  readonly #inputs: Array<EngineInput> = [];
  #steps: Array<Step> = [];
  #outcomes: Array<Outcome> = [];
  #busy = false;
  #wakeAtMs: number | undefined;
  #awaited: Awaited | undefined;
  #foreseen: Foreseen | undefined;

  constructor(
    engine: Engine,
    clock: Pick<Clock, 'nowMs'>,
    path: CommandPath | undefined,
    listener: DriverListener,
  ) {
    this.#engine = engine;
    this.#clock = clock;
    this.#path = path;
    this.#listener = listener;
  }

  get engine(): Engine {
    return this.#engine;
  }

  /**
   * See the class. Called by a listener it queues, and runs before the outer call returns.
   *
   * @param triggered - what the command came to that the socket sent with this event, as `lookAhead` foresaw
   */
  dispatch(first: EngineInput, triggered?: number): void {
    const foreseen = this.#foreseen;
    if (foreseen !== undefined) {
      // Whatever comes changes what was foreseen, unless it is what was foreseen.
      this.#foreseen = undefined;
      if (triggered === undefined) this.#path?.generic.disarm();
    }
    this.#inputs.push(first);
    if (this.#busy) return;
    this.#busy = true;
    try {
      if (triggered !== undefined && foreseen !== undefined) this.#fulfil(foreseen, triggered);
      while (this.#inputs.length > 0) {
        this.#run();
        this.#tell();
      }
    } finally {
      this.#busy = false;
    }
    // Events come in crowds; what else comes is rare enough to look ahead anew.
    if (foreseen !== undefined && first._tag !== 'Event') this.#foresee();
  }

  /**
   * Works out the reaction to an event that is about to come, and has the socket send its first
   * command as soon as the event's datagram is there. The engine is pure, so that what it will do is
   * what it does now, as long as nothing comes in between; then it is forgotten. After a pause the
   * processor has nothing of this code in its caches: all of it is off the way of the reaction.
   */
  lookAhead(awaited: Awaited): void {
    this.#awaited = awaited;
    this.#foresee();
  }

  #foresee(): void {
    const path = this.#path;
    const awaited = this.#awaited;
    if (path === undefined || awaited === undefined) return;
    const { event, datagram } = awaited;
    if (engineView(this.#engine).connection(event.token)?.established !== false) {
      this.#awaited = undefined;
      return;
    }
    const input: EngineInput = { _tag: 'Event', atMs: this.#clock.nowMs(), event };
    const step = stepEngine(this.#engine, input);
    const action = step.commands[0]?.action;
    if (action === undefined || action._tag === 'Abort') return;
    const tuple = tupleOfAction(action, engineView(step.engine));
    writeCommand(path.writer, path.familyId, commandOfAction(action, tuple));
    if (path.generic.arm(datagram, path.writer)) this.#foreseen = { input, step };
  }

  /** Takes the foreseen event from the inputs: its first command has been sent. */
  #fulfil(foreseen: Foreseen, code: number): void {
    const input = this.#inputs.shift();
    if (input === undefined) return;
    const [sent] = foreseen.step.commands;
    const now = stepEngine(this.#engine, input);
    // A policy that looks at the clock may see it otherwise now. What was sent was sent then.
    const kept =
      sent === undefined || sameAction(sent.action, now.commands[0]?.action)
        ? { input, step: now }
        : foreseen;
    this.#take(kept.input, kept.step, code);
  }

  #run(): void {
    for (let input = this.#inputs.shift(); input !== undefined; input = this.#inputs.shift()) {
      this.#take(input, stepEngine(this.#engine, input), undefined);
    }
    this.#listener.onWake(this.#wakeAtMs);
  }

  /** A step becomes real; `code`: what its first command has come to already. */
  #take(input: EngineInput, step: EngineStep, code: number | undefined): void {
    this.#engine = step.engine;
    this.#wakeAtMs = step.wakeAtMs;
    let known = code;
    for (const command of step.commands) {
      this.#perform(command, known);
      known = undefined;
    }
    this.#steps.push({ input, commands: step.commands, notices: step.notices });
  }

  #perform(command: Command, known: number | undefined): void {
    const path = this.#path;
    if (path === undefined) return;
    const { action } = command;
    const error =
      known === undefined
        ? carryOut(path, action, tupleOfAction(action, engineView(this.#engine)))
        : outcomeOf(path.generic, action, known);
    const atMs = this.#clock.nowMs();
    this.#outcomes.push({ command, error });
    this.#inputs.push(
      error === undefined
        ? { _tag: 'Outcome', atMs, command }
        : { _tag: 'Outcome', atMs, command, refusal: refusalOf(error) },
    );
  }

  #tell(): void {
    const steps = this.#steps;
    const outcomes = this.#outcomes;
    this.#steps = [];
    this.#outcomes = [];
    for (const { input, commands, notices } of steps) {
      this.#listener.onStep(input, commands, notices);
    }
    for (const { command, error } of outcomes) this.#listener.onOutcome(command, error);
  }
}
