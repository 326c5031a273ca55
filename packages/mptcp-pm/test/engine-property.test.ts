/** What holds of the manager whatever reaches it. */
import * as E from 'fp-ts/lib/Either.js';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createEngine, type Engine, engineView, stepEngine } from '../src/engine.js';
import type { Command, EngineInput } from '../src/input.js';
import { decodeLog, encodeLogHeader, encodeLogStep } from '../src/log.js';
import type { Connection, Subflow } from '../src/model.js';
import { policies as kinds, policiesFromJson } from '../src/policies.js';
import type { AnyPolicy } from '../src/policy.js';
import { replayLog } from '../src/replay.js';
import { action, command, input, rows, wild } from './support/arbitrary.js';
import { cases } from './support/cases.js';
import { deepFreeze } from './support/freeze.js';

const inputs = fc.array(
  fc.record({
    make: input(command),
    afterMs: fc.constantFrom(0, 1, 10, 300, 300, 3000, 70_000),
    refuse: fc.constantFrom(
      undefined,
      undefined,
      undefined,
      'UnknownToken',
      'SubflowNotFound',
      'TcpFallback',
      'AddressNotAvailable',
    ),
  }),
  { maxLength: 25 },
);

const policies: ReadonlyArray<unknown> = [
  'reset-reaction',
  { policy: 'max-rtt', maxMs: 200, factor: 5, holdMs: 500 },
  'slow-subflow',
  { policy: 'lossy-path', holdMs: 500 },
  { policy: 'min-bandwidth', thresholdBps: 4e6 },
  { policy: 'one-interface', thresholdBps: 2e6, holdMs: 300 },
  { policy: 'refresh', n: 2, everyMs: 1000 },
  { policy: 'ndiffports', n: 3 },
  'full-mesh',
];

const allPolicies = (): ReadonlyArray<AnyPolicy> => {
  const made = policiesFromJson(policies);
  return E.isRight(made) ? made.right : [];
};

interface Ran {
  readonly input: EngineInput;
  readonly before: Engine;
  readonly after: Engine;
  readonly commands: ReadonlyArray<Command>;
}

/** Steps through the inputs as a driver does: each command's outcome follows at once. */
const run = (
  engine: Engine,
  script: ReadonlyArray<{
    readonly make: (atMs: number) => EngineInput;
    readonly afterMs: number;
    readonly refuse: string | undefined;
  }>,
  see: (ran: Ran) => void = () => {},
): Engine => {
  let now = engine;
  let atMs = 1000;
  for (const { make, afterMs, refuse } of script) {
    atMs += afterMs;
    const queue: Array<EngineInput> = [make(atMs)];
    let steps = 0;
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const stepped = stepEngine(now, next);
      see({ input: next, before: now, after: stepped.engine, commands: stepped.commands });
      now = stepped.engine;
      for (const issued of stepped.commands) {
        const outcome = { _tag: 'Outcome', atMs, command: issued } as const;
        queue.push(
          refuse === undefined
            ? outcome
            : { ...outcome, refusal: { tag: refuse, message: refuse, errno: 22 } },
        );
      }
      // The wild ones never come to rest.
      if (++steps > 20) break;
    }
  }
  return now;
};

const isUp = (subflow: Subflow): boolean => subflow.phase === 'established';
const isActive = (subflow: Subflow): boolean =>
  isUp(subflow) && !subflow.backup && !subflow.backupRemote;

const checkState = (engine: Engine): void => {
  const seen: Array<Subflow> = [];
  let count = 0;
  for (const connection of engineView(engine).connections()) {
    count++;
    expect(engineView(engine).connection(connection.token)).toBe(connection);
    const keys = connection.subflows.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    for (const subflow of connection.subflows) {
      expect(subflow.token).toBe(connection.token);
      expect(subflow.key).not.toContain('ffff');
      if (subflow.localPort === 0) expect(subflow.phase).toBe('created');
      seen.push(subflow);
    }
  }
  expect(engineView(engine).connectionCount).toBe(count);
};

/** Applied one after the other, no policy's command takes the last usable subflow. */
const checkUsable = (before: Connection | undefined, commands: ReadonlyArray<Command>): void => {
  if (before === undefined) return;
  let left = before.subflows.filter(isUp);
  for (const { by, action } of commands) {
    if (by === 'user' || !('subflow' in action)) continue;
    const target = left.find(({ key }) => key === action.subflow);
    if (target === undefined) continue;
    const wasActive = isActive(target);
    if (action._tag === 'SetBackup') {
      left = left.map((each) => (each === target ? { ...each, backup: action.backup } : each));
    } else {
      left = left.filter((each) => each !== target);
    }
    expect(left.length).toBeGreaterThan(0);
    if (wasActive && (action._tag !== 'SetBackup' || action.backup)) {
      expect(left.some(isActive)).toBe(true);
    }
  }
};

const checkCommands = ({ after, commands }: Ran): void => {
  const tokens = new Set(commands.map(({ action }) => action.token));
  for (const token of tokens) {
    const own = commands.filter(({ action }) => action.token === token);
    // What was known when the policies were asked differs from the end only by what is pending.
    checkUsable(engineView(after).connection(token), own);
    for (const { by, action } of own) {
      if (action._tag === 'CreateSubflow') {
        expect(action.localId).toBeGreaterThanOrEqual(0);
        const initial = engineView(after).connection(token)?.initial;
        if (by !== 'user' && initial !== undefined) {
          expect(action.localId === 0).toBe(
            initial.local.replace('::ffff:', '') === (action.local as string),
          );
        }
      }
    }
  }
};

test('no dangling subflow, no doubled key, and never a command that leaves nothing usable', () => {
  fc.assert(
    fc.property(inputs, fc.array(action, { maxLength: 10 }), (script, wishes) => {
      const engine = createEngine({ policies: [wild(wishes), wild(wishes.slice(3), 'wilder')] });
      run(engine, script, (ran) => {
        checkState(ran.after);
        checkCommands(ran);
      });
    }),
    cases(0.02),
  );
});

test('an end is told once, whoever finds it out', () => {
  fc.assert(
    fc.property(inputs, fc.array(action, { maxLength: 10 }), (script, wishes) => {
      const ended = new Map<number, number>();
      const listening: AnyPolicy = {
        name: 'listening',
        init: null,
        step: (state, input, _view, nowMs) => {
          if (input._tag === 'Adopted') ended.delete(input.token);
          if (input._tag === 'Event' && 'token' in input.event) {
            const { _tag, token } = input.event;
            if (_tag === 'Created' || _tag === 'Established') ended.delete(token);
            if (_tag === 'Closed') {
              expect(nowMs - (ended.get(token) ?? Number.NEGATIVE_INFINITY)).toBeGreaterThan(
                29_999,
              );
              ended.set(token, nowMs);
            }
          }
          return { state, actions: [] };
        },
      };
      run(createEngine({ policies: [wild(wishes), listening] }), script);
    }),
    cases(0.02),
  );
});

test('all policies together, whatever happens: the same rules', () => {
  fc.assert(
    fc.property(inputs, (script) => {
      run(createEngine({ policies: allPolicies() }), script, (ran) => {
        checkState(ran.after);
        checkCommands(ran);
      });
    }),
    cases(0.01),
  );
});

const projection = (engine: Engine) =>
  [...engineView(engine).connections()]
    .filter(({ subflows }) => subflows.some(({ phase }) => phase !== 'created'))
    .map(({ token, subflows }) => ({
      token,
      subflows: subflows
        .filter(({ phase }) => phase !== 'created')
        .map(({ key, localId, remoteId, phase, backup, backupRemote, initial }) => ({
          key,
          localId,
          remoteId,
          phase,
          backup,
          backupRemote,
          initial,
        }))
        .sort((a, b) => (a.key < b.key ? -1 : 1)),
    }))
    .sort((a, b) => a.token - b.token);

test('after a complete poll the state equals a fresh adoption', () => {
  fc.assert(
    fc.property(inputs, rows, fc.boolean(), (script, samples, overrun) => {
      const after = run(createEngine({ policies: [] }), script);
      // Late enough that nothing of before is in flight any more.
      const atMs = 100_000_000;
      const poll = { _tag: 'Samples', atMs, complete: true, samples } as const;
      let polled = after;
      if (overrun) polled = stepEngine(polled, { _tag: 'Overrun', atMs: atMs - 1 }).engine;
      polled = stepEngine(polled, poll).engine;
      const fresh = stepEngine(createEngine({ policies: [] }), poll).engine;
      // Ending subflows that are up again in a poll stay as they are: we asked for their end.
      const asEnding = (engine: Engine) =>
        projection(engine).map(({ token, subflows }) => ({
          token,
          subflows: subflows.map((each) => ({ ...each, phase: '' })),
        }));
      expect(asEnding(polled)).toEqual(asEnding(fresh));
      // And a second one of the same changes nothing.
      const twice = stepEngine(polled, { ...poll, atMs: atMs + 300 });
      expect(projection(twice.engine)).toEqual(projection(polled));
      expect(twice.notices).toEqual([]);
      if (overrun) {
        // The manager asks the kernel for what is left without subflows.
        const shown = new Set(samples.map(({ token }) => token));
        for (const { token, subflows } of engineView(polled).connections()) {
          if (subflows.length > 0 || shown.has(token)) continue;
          polled = stepEngine(polled, { _tag: 'Gone', atMs, token }).engine;
        }
        const alive = [...engineView(polled).connections()].map(({ token }) => token);
        expect(alive.filter((token) => !shown.has(token))).toEqual([]);
      }
    }),
    cases(0.02),
  );
});

test('pure: frozen inputs and engines are enough, and the same step comes out again', () => {
  fc.assert(
    fc.property(inputs, (script) => {
      const frozen = script.map((each) => ({
        ...each,
        make: (atMs: number) => deepFreeze(each.make(atMs)),
      }));
      const known = new Set<unknown>();
      run(deepFreeze(createEngine({ policies: allPolicies() }), known), frozen, (ran) => {
        deepFreeze(ran.after, known);
        const again = stepEngine(ran.before, ran.input);
        expect(again.commands).toEqual(ran.commands);
        expect(again.engine.state).toEqual(ran.after.state);
      });
    }),
    cases(0.002),
  );
});

test('a log of any run reads back and replays to the same commands', () => {
  fc.assert(
    fc.property(inputs, (script) => {
      let text = encodeLogHeader({ policies });
      run(createEngine({ policies: allPolicies() }), script, ({ input, commands }) => {
        text += encodeLogStep(input, commands);
      });
      const log = decodeLog(text);
      if (E.isLeft(log)) throw new Error(log.left.message);
      expect(log.right.truncated).toBe(false);
      expect(replayLog(log.right)).toMatchObject({ right: { _tag: 'Identical' } });
    }),
    cases(0.002),
  );
});

test('the policies of the properties are all there are', () => {
  expect(
    allPolicies()
      .map(({ name }) => name)
      .sort(),
  ).toEqual(Object.keys(kinds).sort());
});
