/** What is known after events, polls and outcomes: the cases that a property would hardly name. */
import { describe, expect, test } from 'vitest';
import { createEngine, type Engine, engineView, stepEngine } from '../src/engine.js';
import type { PmEvent } from '../src/event.js';
import { subflowKey } from '../src/four-tuple.js';
import type { Command, Notice } from '../src/input.js';
import type { Connection, SubflowSample } from '../src/model.js';
import { type Action, type AnyPolicy, anyPolicy, type PolicyInput } from '../src/policy.js';
import {
  connectionFields,
  ip,
  LOCAL,
  REMOTE,
  sample,
  subflowFields,
  tuple,
} from './support/build.js';

const TOKEN = 0x0102_0304;
const FIRST = tuple(0, 40_000);
const SECOND = tuple(1, 41_000);

/** Listens, and does what a test has put into `wishes`. */
class Bench {
  #engine: Engine;
  nowMs = 1000;
  wishes: ReadonlyArray<Action> = [];
  commands: Array<Command> = [];
  notices: Array<Notice> = [];
  /** What the policy was called for, from the first input on. */
  readonly heard: Array<PolicyInput> = [];

  constructor() {
    const policy: AnyPolicy = anyPolicy({
      name: 'listening',
      init: null,
      step: (state: null, input: PolicyInput) => {
        this.heard.push(input);
        const actions = this.wishes;
        this.wishes = [];
        return { state, actions };
      },
    });
    this.#engine = createEngine({ policies: [policy] });
  }

  #step(input: Parameters<typeof stepEngine>[1]): void {
    const stepped = stepEngine(this.#engine, input);
    this.#engine = stepped.engine;
    this.commands.push(...stepped.commands);
    this.notices.push(...stepped.notices);
  }

  event(event: PmEvent): this {
    this.#step({ _tag: 'Event', atMs: this.nowMs, event });
    return this;
  }

  poll(...samples: ReadonlyArray<SubflowSample>): this {
    this.#step({ _tag: 'Samples', atMs: this.nowMs, complete: true, samples });
    return this;
  }

  overrun(): this {
    this.#step({ _tag: 'Overrun', atMs: this.nowMs });
    return this;
  }

  /** The kernel is asked, and knows it no more. */
  gone(): this {
    this.#step({ _tag: 'Gone', atMs: this.nowMs, token: TOKEN });
    return this;
  }

  request(action: Action): this {
    this.#step({ _tag: 'Request', atMs: this.nowMs, action });
    return this;
  }

  /** Answers the oldest command. */
  answer(refusal?: string): this {
    const command = this.commands.shift();
    if (command === undefined) throw new Error('no command');
    this.#step({
      _tag: 'Outcome',
      atMs: this.nowMs,
      command,
      ...(refusal === undefined ? {} : { refusal: { tag: refusal, message: refusal, errno: 22 } }),
    });
    return this;
  }

  after(ms: number): this {
    this.nowMs += ms;
    return this;
  }

  connect(more: Parameters<typeof connectionFields>[2] = {}): this {
    this.event({ _tag: 'Created', ...connectionFields(TOKEN, 40_000, more) });
    return this.event({ _tag: 'Established', ...connectionFields(TOKEN, 40_000, more) });
  }

  /** Ends that are remembered. */
  get graves(): number {
    return this.#engine.state.graves.size;
  }

  get connection(): Connection | undefined {
    return engineView(this.#engine).connection(TOKEN);
  }

  /** Tags of the events that the policy heard of. */
  told(tag: PmEvent['_tag']): ReadonlyArray<PmEvent> {
    return this.heard.flatMap((input) =>
      input._tag === 'Event' && input.event._tag === tag ? [input.event] : [],
    );
  }
}

const closed: PmEvent = { _tag: 'Closed', token: TOKEN };

const create: Action = {
  _tag: 'CreateSubflow',
  token: TOKEN,
  local: LOCAL[1],
  remote: REMOTE,
  remotePort: 80,
  backup: false,
};

describe('an end is told once', () => {
  test('a refusal says that the token is unknown, and the kernel that it has closed', () => {
    const bench = new Bench().connect().request(create).answer('UnknownToken');
    expect(bench.connection).toBeUndefined();
    expect(bench.told('Closed').length).toBe(1);
    bench.after(5).event(closed);
    expect(bench.told('Closed').length).toBe(1);
    expect(bench.notices.at(-1)).toEqual({ _tag: 'Repeated', event: closed });
  });

  test('a poll finds out that nothing is left, and the kernel says so an hour later', () => {
    const bench = new Bench().connect().after(5000).poll();
    expect(bench.told('SubClosed').length).toBe(1);
    bench.after(60_000).poll();
    expect(bench.told('Closed').length).toBe(1);
    for (let i = 0; i < 50; i++) bench.after(60_000).poll();
    bench.event(closed);
    expect(bench.told('Closed').length).toBe(1);
  });

  test('the manager finds out that the kernel knows it no more, and the event comes behind', () => {
    const bench = new Bench().connect({ serverSide: true }).after(1000);
    bench.event({ _tag: 'SubClosed', ...subflowFields(TOKEN, FIRST), error: 0 });
    bench.after(300).gone().gone();
    expect(bench.notices).toEqual([{ _tag: 'Inferred', event: closed }]);
    bench.event(closed);
    expect(bench.told('Closed').length).toBe(1);
    expect(bench.notices.at(-1)).toEqual({ _tag: 'Repeated', event: closed });
  });

  test('a connection without subflows outlives lost events: it may get one yet', () => {
    const bench = new Bench().connect().after(1000);
    bench.event({ _tag: 'SubClosed', ...subflowFields(TOKEN, FIRST), error: 104 });
    bench.overrun().after(1000).poll();
    expect(bench.connection?.subflows).toEqual([]);
    expect(bench.told('Closed')).toEqual([]);
    bench.request(create).answer();
    bench.event({ _tag: 'SubEstablished', ...subflowFields(TOKEN, SECOND) });
    expect(bench.connection?.subflows.length).toBe(1);
    // Where it has ended indeed, the kernel is asked, and says so.
    const ended = new Bench().connect().after(1000).overrun().after(1000).poll().gone();
    expect(ended.connection).toBeUndefined();
    expect(ended.told('Closed').length).toBe(1);
  });

  test('what is left of a closed connection is not another one', () => {
    const bench = new Bench().connect().after(1000).event(closed);
    // The application has closed it, the kernel still sends what was written.
    for (let i = 0; i < 30; i++) {
      bench.after(3000).poll(sample(TOKEN, FIRST));
      expect(bench.connection).toBeUndefined();
    }
    bench.event({ _tag: 'SubClosed', ...subflowFields(TOKEN, FIRST), error: 104 });
    bench.after(3000).poll();
    expect(bench.heard.some(({ _tag }) => _tag === 'Adopted')).toBe(false);
    expect(bench.told('Closed').length).toBe(1);
  });

  test('a connection that fell back to TCP has ended for good', () => {
    const bench = new Bench().connect().request(create).answer('TcpFallback');
    expect(bench.told('Closed').length).toBe(1);
    bench.after(3000).poll(sample(TOKEN, FIRST)).after(3000).poll(sample(TOKEN, FIRST));
    expect(bench.connection).toBeUndefined();
    bench.after(100_000).event(closed);
    expect(bench.told('Closed').length).toBe(1);
  });

  test('a new connection of the same token has an end of its own', () => {
    const bench = new Bench().connect().event(closed).after(5);
    bench.connect().after(5).event(closed);
    expect(bench.told('Closed').length).toBe(2);
    // The end of one that was never known is told, too.
    const late = new Bench().event(closed);
    expect(late.told('Closed').length).toBe(1);
  });

  test('a subflow that a poll missed, or whose end Linux before 6.11 tells twice', () => {
    const gone = { _tag: 'SubClosed', ...subflowFields(TOKEN, SECOND), error: 0 } as const;
    const up = { _tag: 'SubEstablished', ...subflowFields(TOKEN, SECOND) } as const;
    const bench = new Bench().connect().event(up).after(5000).poll(sample(TOKEN, FIRST));
    expect(bench.told('SubClosed').length).toBe(1);
    bench.event(gone);
    expect(bench.told('SubClosed').length).toBe(1);
    // Unless it says more.
    bench.event({ ...gone, error: 104 });
    expect(bench.told('SubClosed').length).toBe(2);
    const twice = new Bench().connect().event(up);
    twice.event({ ...gone, error: 104 }).event({ ...gone, error: 104 });
    expect(twice.told('SubClosed').length).toBe(1);
    twice.event(up).event({ ...gone, error: 104 });
    expect(twice.told('SubClosed').length).toBe(2);
  });

  test('many ends leave little behind', () => {
    const bench = new Bench();
    for (let i = 0; i < 70_000; i++) bench.event({ _tag: 'Closed', token: i });
    expect(bench.told('Closed').length).toBe(70_000);
    expect(bench.graves).toBeLessThan(65_537);
    bench.after(10_000).poll();
    expect(bench.graves).toBeGreaterThan(0);
    bench.after(20_000).poll();
    expect(bench.graves).toBe(0);
    // Of one connection's subflows, the latest.
    bench.connect();
    for (let i = 0; i < 100; i++) {
      const up = subflowFields(TOKEN, SECOND, { local: ip(`10.1.${i}.1`) });
      bench.event({ _tag: 'SubEstablished', ...up });
      bench.after(1000).event({ _tag: 'SubClosed', ...up, error: 0 });
    }
    expect(bench.graves).toBe(1);
  });
});

test('a policy that will not be told no comes to an end', () => {
  let calls = 0;
  const hopeless: Action = { ...create, token: 99 };
  const policies = [
    anyPolicy({
      name: 'stubborn',
      init: null,
      step: (state: null) => {
        calls++;
        return { state, actions: [hopeless, hopeless] };
      },
    }),
  ];
  const input = { _tag: 'Event', atMs: 1, event: closed } as const;
  expect(stepEngine(createEngine({ policies }), input).commands).toEqual([]);
  expect(calls).toBe(65);
});

describe('beginnings', () => {
  test('ESTABLISHED comes late, after subflows and polls', () => {
    const bench = new Bench();
    bench.event({ _tag: 'Created', ...connectionFields(TOKEN) });
    bench.event({
      _tag: 'Announced',
      token: TOKEN,
      remoteId: 3,
      address: ip('192.0.2.9'),
      port: 0,
    });
    bench.after(300).poll(sample(TOKEN, FIRST, { fullyEstablished: false }));
    expect(bench.connection?.established).toBe(false);
    bench.wishes = [create];
    bench.after(5).event({ _tag: 'Removed', token: TOKEN, remoteId: 7 });
    expect(bench.notices.at(-1)).toMatchObject({
      _tag: 'Withheld',
      why: 'the connection is not established yet',
    });
    bench.event({ _tag: 'Established', ...connectionFields(TOKEN) });
    expect(bench.connection).toMatchObject({ established: true, adopted: false });
    expect(bench.connection?.remoteAddresses.map(({ id }) => id)).toEqual([3]);
    expect(bench.connection?.subflows.length).toBe(1);
    expect(bench.connection?.subflows[0]?.sample).toBeDefined();
  });

  test('a poll that finds it established says so before the event does, and the event adds nothing', () => {
    const bench = new Bench();
    bench.event({ _tag: 'Created', ...connectionFields(TOKEN) });
    bench.after(300).poll(sample(TOKEN, FIRST));
    expect(bench.connection?.established).toBe(true);
    bench.event({ _tag: 'Established', ...connectionFields(TOKEN) });
    expect(bench.connection?.subflows.length).toBe(1);
    expect(bench.connection?.adopted).toBe(false);
  });
});

describe('the priority of a subflow', () => {
  test('MP_PRIO by the peer is its word alone, and ours is learnt from polls', () => {
    const up = subflowFields(TOKEN, SECOND, { localId: 5 });
    const bench = new Bench().connect().event({ _tag: 'SubEstablished', ...up });
    bench.event({ _tag: 'SubPriority', ...up, backup: true });
    const second = () => bench.connection?.subflows[1];
    expect(second()).toMatchObject({ backup: false, backupRemote: true, phase: 'established' });
    bench.event({ _tag: 'SubPriority', ...up, backup: false });
    expect(second()).toMatchObject({ backup: false, backupRemote: false });
    const rows = [sample(TOKEN, FIRST), sample(TOKEN, SECOND, { join: true, backup: true })];
    bench.after(300).poll(...rows);
    expect(second()).toMatchObject({ backup: true, backupRemote: false });
    expect(bench.told('SubPriority').length).toBe(2);
  });

  test('of a subflow that nobody knew', () => {
    const bench = new Bench().connect();
    bench.event({ _tag: 'SubPriority', ...subflowFields(TOKEN, SECOND), backup: true });
    expect(bench.connection?.subflows.map(({ backupRemote }) => backupRemote)).toEqual([
      false,
      true,
    ]);
  });

  test('an older poll does not undo what the kernel has just accepted', () => {
    const bench = new Bench().connect().after(1000);
    bench.request({ _tag: 'SetBackup', token: TOKEN, subflow: subflowKey(FIRST), backup: true });
    bench.answer().after(100).poll(sample(TOKEN, FIRST));
    expect(bench.connection?.subflows[0]?.backup).toBe(true);
    bench.after(300).poll(sample(TOKEN, FIRST));
    expect(bench.connection?.subflows[0]?.backup).toBe(false);
  });
});

describe('a subflow that was to be a backup', () => {
  const asBackup = (): Bench => {
    const bench = new Bench()
      .connect()
      .request({ ...create, backup: true })
      .answer();
    bench.after(20).event({ _tag: 'SubEstablished', ...subflowFields(TOKEN, SECOND) });
    expect(bench.connection?.subflows[1]?.backup).toBe(true);
    expect(bench.commands).toEqual([]);
    return bench.after(300);
  };
  const rows = (backup: boolean) => [
    sample(TOKEN, FIRST),
    sample(TOKEN, SECOND, { join: true, backup }),
  ];

  test('where the kernel has made it one, nothing is to be done', () => {
    expect(asBackup().poll(...rows(true)).commands).toEqual([]);
  });

  test('where it has not, as Linux 6.1, the manager does it, once', () => {
    const bench = asBackup().poll(...rows(false));
    expect(bench.commands).toMatchObject([
      {
        by: 'manager',
        action: { _tag: 'SetBackup', token: TOKEN, subflow: subflowKey(SECOND), backup: true },
      },
    ]);
    bench.answer();
    expect(bench.connection?.subflows[1]?.backup).toBe(true);
    // It has no say in what becomes of it: a policy may switch it on.
    bench.wishes = [
      { _tag: 'SetBackup', token: TOKEN, subflow: subflowKey(SECOND), backup: false },
    ];
    bench.after(300).poll(...rows(true));
    expect(bench.commands.length).toBe(1);
    bench.answer();
    bench
      .after(300)
      .poll(...rows(false))
      .after(300)
      .poll(...rows(false));
    expect(bench.commands).toEqual([]);
    expect(bench.heard.filter(({ _tag }) => _tag === 'Outcome').length).toBe(1);
  });

  test('also where only a poll found that it came up', () => {
    const bench = new Bench()
      .connect()
      .request({ ...create, backup: true })
      .answer();
    bench.after(300).poll(...rows(false));
    expect(bench.commands).toMatchObject([{ by: 'manager', action: { backup: true } }]);
  });

  test('what somebody has switched on meanwhile stays on', () => {
    const bench = asBackup();
    const action: Action = {
      _tag: 'SetBackup',
      token: TOKEN,
      subflow: subflowKey(SECOND),
      backup: false,
    };
    bench.request(action).answer();
    expect(bench.after(300).poll(...rows(false)).commands).toEqual([]);
  });
});

describe('addresses', () => {
  const mapped = (at: typeof FIRST) => ({
    ...at,
    local: ip(`::ffff:${at.local}`),
    remote: ip(`::ffff:${at.remote}`),
  });

  test('IPv4 mapped into IPv6 is the same subflow, in events, polls and commands', () => {
    const bench = new Bench();
    const fields = { ...connectionFields(TOKEN), ...mapped(FIRST) };
    bench.event({ _tag: 'Created', ...fields }).event({ _tag: 'Established', ...fields });
    bench.request(create).answer();
    bench.event({ _tag: 'SubEstablished', ...subflowFields(TOKEN, mapped(SECOND)) });
    bench.after(300).poll(sample(TOKEN, FIRST), sample(TOKEN, mapped(SECOND), { join: true }));
    expect(bench.connection?.subflows.map(({ key }) => key)).toEqual([
      subflowKey(FIRST),
      subflowKey(SECOND),
    ]);
    // As the kernel shows it: a command has to name it so.
    expect(bench.connection?.initial.local).toBe('::ffff:10.0.0.1');
    bench.event({ _tag: 'SubClosed', ...subflowFields(TOKEN, SECOND), error: 104 });
    expect(bench.connection?.subflows.map(({ key }) => key)).toEqual([subflowKey(FIRST)]);
    expect(bench.told('SubEstablished').length).toBe(1);
  });

  test('two subflows share an address and its id, as when one replaces another', () => {
    const bench = new Bench().connect();
    const third = tuple(1, 41_001);
    bench.request(create);
    const id =
      bench.commands[0]?.action._tag === 'CreateSubflow' ? bench.commands[0].action.localId : 0;
    bench.answer().event({
      _tag: 'SubEstablished',
      ...subflowFields(TOKEN, SECOND, { localId: id ?? 0 }),
    });
    bench.request(create);
    expect(bench.commands).toMatchObject([{ action: { localId: id } }]);
    bench.answer().event({
      _tag: 'SubEstablished',
      ...subflowFields(TOKEN, third, { localId: id ?? 0 }),
    });
    expect(bench.connection?.subflows.map(({ localId }) => localId)).toEqual([0, id, id]);
    bench.event({ _tag: 'SubClosed', ...subflowFields(TOKEN, SECOND), error: 0 });
    expect(bench.connection?.subflows.map(({ key }) => key)).toEqual([
      subflowKey(FIRST),
      subflowKey(third),
    ]);
  });

  test('an id that the kernel has for another address is not asked for again', () => {
    const bench = new Bench().connect().request(create);
    const ids: Array<number | undefined> = [];
    for (let i = 0; i < 3; i++) {
      const action = bench.commands[0]?.action;
      ids.push(action?._tag === 'CreateSubflow' ? action.localId : undefined);
      bench.answer('AddressIdMismatch').request(create);
    }
    expect(new Set(ids).size).toBe(3);
  });
});
