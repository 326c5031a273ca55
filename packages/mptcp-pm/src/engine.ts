/** The whole manager as one reducer: inputs with their time in, commands out. */

import * as E from 'fp-ts/lib/Either.js';
import { type Asking, admit } from './combine.js';
import type { PmEvent } from './event.js';
import { type Command, type EngineInput, MANAGER, type Notice, USER } from './input.js';
import type { Connection, Token } from './model.js';
import type { Action, AnyPolicy, Decision, PolicyInput, PmView } from './policy.js';
import { reduceEvent, reduceGone } from './reduce-event.js';
import { reduceOutcome } from './reduce-outcome.js';
import { reduceSamples } from './reduce-samples.js';
import {
  DEFAULT_STATE_OPTIONS,
  emptyState,
  getConnection,
  type News,
  news,
  type PmState,
  putConnection,
  type StateOptions,
} from './state.js';
import { tableEntries } from './table.js';

/** What an engine is made of. @since 0.1.0 */
export interface EngineOptions extends Partial<StateOptions> {
  /** The first one has the most weight where two disagree. Their names differ. */
  readonly policies: ReadonlyArray<AnyPolicy>;
  /** Subflows that a connection may have by the policies' wish. Default 32. */
  readonly maxSubflows?: number;
}

interface Slot {
  readonly policy: AnyPolicy;
  readonly state: unknown;
  /** NaN: it asked for no time. */
  readonly wakeAtMs: number;
}

/** A manager between two inputs; immutable. @since 0.1.0 */
export interface Engine {
  readonly state: PmState;
  /** @internal */
  readonly view: PmView;
  /** @internal */
  readonly slots: ReadonlyArray<Slot>;
  /** @internal */
  readonly serial: number;
  /** @internal */
  readonly config: Config;
}

/** What never changes. @internal */
export interface Config {
  readonly state: StateOptions;
  readonly maxSubflows: number;
  readonly rankOf: (name: string) => number | undefined;
}

/** What an input leads to. @since 0.1.0 */
export interface EngineStep {
  readonly engine: Engine;
  /** To be carried out in this order, each followed by its `Outcome`. */
  readonly commands: ReadonlyArray<Command>;
  /** When to give the next `Wake`, ms of the clock; a sooner one does no harm. */
  readonly wakeAtMs?: number;
  readonly notices: ReadonlyArray<Notice>;
}

const NONE: ReadonlyArray<never> = Object.freeze([]);

/**
 * How often policies may ask for something else within one step because something was withheld. Each
 * answer may be withheld in turn, so without a bound a stubborn policy would never come to an end.
 */
const MAX_ANSWERS = 64;

class StateView implements PmView {
  readonly #state: PmState;
  constructor(state: PmState) {
    this.#state = state;
  }
  readonly connection = (token: Token): Connection | undefined => getConnection(this.#state, token);
  readonly connections = (): Iterable<Connection> => tableEntries(this.#state.table);
  get connectionCount(): number {
    return this.#state.table.size;
  }
  get addresses(): PmView['addresses'] {
    return this.#state.addresses;
  }
}

/**
 * An engine that knows nothing yet. A second policy of the same name is left out: names say whose an
 * outcome is.
 *
 * @example
 * ```ts
 * import { createEngine, stepEngine } from '@liquid/mptcp-pm'
 *
 * const { commands } = stepEngine(createEngine({ policies: [] }), { _tag: 'Wake', atMs: 0 })
 * console.log(commands.length) // 0
 * ```
 * @since 0.1.0
 */
export const createEngine = (options: EngineOptions): Engine => {
  const ranks = new Map<string, number>();
  for (const { name } of options.policies) {
    if (name !== USER && name !== MANAGER && !ranks.has(name)) ranks.set(name, ranks.size);
  }
  const policies = options.policies.filter(
    (policy, i) =>
      ranks.has(policy.name) && options.policies.findIndex((p) => p.name === policy.name) === i,
  );
  return {
    state: emptyState,
    view: new StateView(emptyState),
    slots: policies.map((policy) => ({ policy, state: policy.init, wakeAtMs: Number.NaN })),
    serial: 0,
    config: {
      state: {
        estimate: options.estimate ?? DEFAULT_STATE_OPTIONS.estimate,
        createTimeoutMs: options.createTimeoutMs ?? DEFAULT_STATE_OPTIONS.createTimeoutMs,
        graceMs: options.graceMs ?? DEFAULT_STATE_OPTIONS.graceMs,
        orphanMs: options.orphanMs ?? DEFAULT_STATE_OPTIONS.orphanMs,
      },
      maxSubflows: options.maxSubflows ?? 32,
      rankOf: (name) => ranks.get(name),
    },
  };
};

/** What policies and users see of what an engine knows. @since 0.1.0 */
export const engineView = (engine: Engine): PmView => engine.view;

const reduce = (state: PmState, input: EngineInput, options: StateOptions): News => {
  switch (input._tag) {
    case 'Event':
      return reduceEvent(state, input.event, input.atMs, options);
    case 'Samples':
      return reduceSamples(state, input.samples, input.complete, input.atMs, options);
    case 'Outcome':
      return reduceOutcome(state, input.command, input.refusal, input.atMs);
    case 'Addresses':
      return news({ ...state, addresses: input.addresses });
    case 'Overrun':
      return news({ ...state, overrunAtMs: input.atMs });
    case 'Gone':
      return reduceGone(state, input.token, input.atMs);
    case 'Request':
    case 'Wake':
      return news(state);
  }
};

/** One step in the making: what changes while the policies are asked, one after the other. */
class Step {
  readonly #engine: Engine;
  readonly #nowMs: number;
  readonly #slots: Array<Slot>;
  readonly commands: Array<Command> = [];
  readonly notices: Array<Notice> = [];
  readonly view: PmView;
  #state: PmState;
  #serial: number;
  #answers = MAX_ANSWERS;

  constructor(engine: Engine, state: PmState, nowMs: number) {
    this.#engine = engine;
    this.#nowMs = nowMs;
    this.#slots = engine.slots.slice();
    this.#state = state;
    this.#serial = engine.serial;
    this.view = state === engine.state ? engine.view : new StateView(state);
  }

  /** Tells one policy, and lets through of its actions what may pass. */
  tell(index: number, input: PolicyInput): void {
    const slot = this.#slots[index];
    if (slot === undefined) return;
    const decision = slot.policy.step(slot.state, input, this.view, this.#nowMs);
    this.#keep(index, slot, decision);
    if (decision.actions.length > 0) this.#act(index, slot.policy.name, decision.actions);
  }

  tellAll(input: PolicyInput): void {
    for (let i = 0; i < this.#slots.length; i++) this.tell(i, input);
  }

  tellNamed(name: string, input: PolicyInput): void {
    const rank = this.#engine.config.rankOf(name);
    if (rank !== undefined) this.tell(rank, input);
  }

  /** Calls the policies whose time has come. */
  wake(): void {
    for (let i = 0; i < this.#slots.length; i++) {
      const slot = this.#slots[i];
      if (slot === undefined || !(slot.wakeAtMs <= this.#nowMs)) continue;
      this.#slots[i] = { ...slot, wakeAtMs: Number.NaN };
      this.tell(i, { _tag: 'Wake' });
    }
  }

  #keep(index: number, slot: Slot, decision: Decision<unknown>): void {
    const asked = decision.wakeAtMs ?? Number.NaN;
    // Never at once: a policy that asks for the past must not keep the driver spinning.
    const wakeAtMs = Number.isNaN(asked)
      ? slot.wakeAtMs
      : earliest(slot.wakeAtMs, Math.max(asked, this.#nowMs + 1));
    if (decision.state === slot.state && Object.is(wakeAtMs, slot.wakeAtMs)) return;
    this.#slots[index] = { policy: slot.policy, state: decision.state, wakeAtMs };
  }

  #act(index: number, by: string, actions: ReadonlyArray<Action>): void {
    const { rankOf, maxSubflows } = this.#engine.config;
    const asking: Asking = { by, rankOf, firstSerial: this.#serial, maxSubflows };
    let withheld: Array<{ readonly action: Action; readonly why: string }> | undefined;
    for (const action of actions) {
      const why = this.pass(action, asking);
      if (why !== undefined) (withheld ??= []).push({ action, why });
    }
    if (withheld === undefined) return;
    for (const { action, why } of withheld) {
      this.notices.push({ _tag: 'Withheld', by, action, why });
      if (this.#answers-- > 0) this.tell(index, { _tag: 'Withheld', action, why });
    }
  }

  /** Makes an action a command; why not, otherwise. */
  pass(asked: Action, asking: Asking): string | undefined {
    const connection = getConnection(this.#state, asked.token);
    const admission = admit(connection, asked, asking);
    if (E.isLeft(admission)) return admission.left;
    const command: Command = { serial: this.#serial++, by: asking.by, action: admission.right };
    this.commands.push(command);
    if (connection !== undefined) {
      const pending = [...connection.pending, command];
      this.#state = putConnection(this.#state, { ...connection, pending });
    }
    return undefined;
  }

  /** What somebody wants who is no policy. */
  request(by: string, action: Action): void {
    const { rankOf, maxSubflows } = this.#engine.config;
    const why = this.pass(action, { by, rankOf, firstSerial: this.#serial, maxSubflows });
    if (why !== undefined) this.notices.push({ _tag: 'Withheld', by, action, why });
  }

  finish(): EngineStep {
    let wakeAtMs = Number.NaN;
    for (const slot of this.#slots) wakeAtMs = earliest(wakeAtMs, slot.wakeAtMs);
    const state = this.#state;
    const engine: Engine = {
      state,
      view: state === this.#engine.state ? this.#engine.view : new StateView(state),
      slots: this.#slots,
      serial: this.#serial,
      config: this.#engine.config,
    };
    const notices = this.notices.length === 0 ? NONE : this.notices;
    return Number.isNaN(wakeAtMs)
      ? { engine, commands: this.commands, notices }
      : { engine, commands: this.commands, wakeAtMs, notices };
  }
}

const earliest = (a: number, b: number): number => (Number.isNaN(a) || b < a ? b : a);

/** The policies learn what happened, in its order. */
const spread = (step: Step, input: EngineInput, told: News): void => {
  const { events, adopted, amiss } = told;
  const first: PmEvent | undefined = input._tag === 'Event' ? input.event : undefined;
  if (first !== undefined && events.length === 0) {
    step.notices.push({ _tag: 'Repeated', event: first });
  }
  for (const event of events) {
    if (event !== first) step.notices.push({ _tag: 'Inferred', event });
    step.tellAll({ _tag: 'Event', event });
  }
  for (const token of adopted) {
    step.notices.push({ _tag: 'Adopted', token });
    step.tellAll({ _tag: 'Adopted', token });
  }
  switch (input._tag) {
    case 'Samples':
      for (const { token, key } of amiss) {
        step.request(MANAGER, { _tag: 'SetBackup', token, subflow: key, backup: true });
      }
      step.tellAll({ _tag: 'Polled' });
      break;
    case 'Addresses':
      step.tellAll({ _tag: 'Addresses' });
      break;
    case 'Outcome': {
      const { command, refusal } = input;
      const { action } = command;
      step.tellNamed(
        command.by,
        refusal === undefined ? { _tag: 'Outcome', action } : { _tag: 'Outcome', action, refusal },
      );
      break;
    }
    case 'Request':
      step.request(USER, input.action);
      break;
  }
};

/**
 * One input: what is known changes, the policies are asked, and what passes of their wishes comes out
 * as commands. Pure: the same engine and input give the same step. It costs a few µs for an event
 * whatever the number of connections, and about 1 µs per subflow for a poll, beside the policies.
 *
 * An event that the driver did not give but that follows from an outcome or poll (as `SubCreated`) is
 * told to the policies like any other and comes back as an `Inferred` notice.
 *
 * @since 0.1.0
 */
export const stepEngine = (engine: Engine, input: EngineInput): EngineStep => {
  const told = reduce(engine.state, input, engine.config.state);
  const step = new Step(engine, told.state, input.atMs);
  spread(step, input, told);
  step.wake();
  return step.finish();
};
