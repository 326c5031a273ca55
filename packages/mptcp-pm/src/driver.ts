/** Feeds the engine and carries out what it says, within the tick in which something happened. */

import { type MessageWriter, type NetlinkSocket, writeSockDestroy } from '@liquid/netlink';
import type { Clock } from '@liquid/types';
import { commandOfAction, tupleOfAction } from './command.js';
import { type Engine, engineView, stepEngine } from './engine.js';
import { ACTION_COMMANDS, type PmError, refusalOf, toPmError } from './error.js';
import type { PmEvent } from './event.js';
import { type PmCommand, writeCommand } from './family-command.js';
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
  readonly generic: Pick<NetlinkSocket, 'call' | 'refusal'>;
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
export const callKernel = (socket: CommandPath['generic'], writer: MessageWriter): number =>
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
  const socket = action._tag === 'Abort' ? path.diag : path.generic;
  if (action._tag === 'Abort') {
    if (tuple === undefined) return unknownSubflow(action.subflow);
    writeSockDestroy(writer, tuple);
  } else {
    writeCommand(writer, path.familyId, commandOfAction(action, tuple));
  }
  const code = callKernel(socket, writer);
  if (code === 0) return undefined;
  return toPmError(socket.refusal(code), {
    command: ACTION_COMMANDS[action._tag],
    token: action.token,
    address: action._tag === 'CreateSubflow' ? action.local : undefined,
  });
};

const GET_LIMITS: PmCommand = { _tag: 'GetLimits' };

const ESRCH = 3;

const unknownSubflow = (subflow: string): PmError => ({
  _tag: 'SubflowNotFound',
  message: `SOCK_DESTROY: ESRCH: ${subflow} is no subflow`,
  remedy: 'Name a subflow as mptcp-pm list does.',
  errno: ESRCH,
  code: 'ESRCH',
});

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

  /** See the class. Called by a listener it queues, and runs before the outer call returns. */
  dispatch(first: EngineInput): void {
    this.#inputs.push(first);
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (this.#inputs.length > 0) {
        this.#run();
        this.#tell();
      }
    } finally {
      this.#busy = false;
    }
  }

  /**
   * Walks the way of the reaction to an event that is about to come, and forgets it: the engine is
   * pure, and what is sent asks the kernel for two numbers. When the event does come, the processor
   * has the way in its caches, which after a pause makes most of the difference. Does nothing where
   * it has come meanwhile.
   */
  rehearse(event: Extract<PmEvent, { readonly _tag: 'Established' }>): void {
    const path = this.#path;
    if (path === undefined) return;
    if (engineView(this.#engine).connection(event.token)?.established !== false) return;
    const input: EngineInput = { _tag: 'Event', atMs: this.#clock.nowMs(), event };
    const { engine, commands } = stepEngine(this.#engine, input);
    for (const { action } of commands) {
      if (action._tag === 'Abort') continue;
      const tuple = tupleOfAction(action, engineView(engine));
      writeCommand(path.writer, path.familyId, commandOfAction(action, tuple));
    }
    if (commands.length === 0) return;
    writeCommand(path.writer, path.familyId, GET_LIMITS);
    callKernel(path.generic, path.writer);
  }

  #run(): void {
    let wakeAtMs: number | undefined;
    for (let input = this.#inputs.shift(); input !== undefined; input = this.#inputs.shift()) {
      const stepped = stepEngine(this.#engine, input);
      this.#engine = stepped.engine;
      ({ wakeAtMs } = stepped);
      for (const command of stepped.commands) this.#perform(command);
      this.#steps.push({ input, commands: stepped.commands, notices: stepped.notices });
    }
    this.#listener.onWake(wakeAtMs);
  }

  #perform(command: Command): void {
    if (this.#path === undefined) return;
    const tuple = tupleOfAction(command.action, engineView(this.#engine));
    const error = carryOut(this.#path, command.action, tuple);
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
