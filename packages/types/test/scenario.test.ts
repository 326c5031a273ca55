/** The scenario contract: fields, needs, reports, and a conformance suite that finds what is wrong. */
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import { describe, expect, test } from 'vitest';
import { BitsPerSecond, Bytes, Milliseconds, type Tagged } from '../src/index.js';
import {
  booleanField,
  choiceField,
  defineScenario,
  fileField,
  inputCodec,
  type InputField,
  integerField,
  isScenario,
  needsCommand,
  needsKernel,
  needsRoot,
  numberField,
  parseInput,
  type ProbeHost,
  probeNeeds,
  quantityField,
  Report,
  RunEvent,
  RunOutcome,
  type ScenarioDefinition,
  type InputFields,
  textField,
} from '../src/scenario.js';
import { createTestContext, scenarioConformance } from '../src/testing.js';
import { cases } from './cases.js';

const fields = {
  input: fileField({
    title: 'input',
    description: 'A capture; the shipped one otherwise.',
    accepts: ['.pcap'],
  }),
  packets: integerField({
    title: 'packets',
    description: 'How many.',
    default: 10,
    min: 1,
    max: 1000,
  }),
  loss: numberField({
    title: 'loss',
    description: 'Share lost in %.',
    default: 0.5,
    min: 0,
    max: 100,
    unit: '%',
  }),
  rate: quantityField({
    quantity: BitsPerSecond,
    title: 'rate',
    description: 'Of the link.',
    default: BitsPerSecond.clamp(1e7),
    min: BitsPerSecond.clamp(1000),
  }),
  policy: choiceField({
    title: 'policy',
    description: 'When.',
    choices: { moreData: 'more data', timer: 'a timer' },
    default: 'moreData',
  }),
  verbose: booleanField({ title: 'verbose', description: 'Say more.', default: false }),
  label: textField({ title: 'label', description: 'A name.', default: 'x' }),
} as const;

const empty: Report = {
  summary: 'Done.',
  figures: [{ id: 'one', title: 'one', value: 1, unit: '' }],
  tables: [],
  comparisons: [],
  notes: [],
};

const good: ScenarioDefinition<typeof fields> = {
  id: 'good-one',
  title: 'Good',
  summary: 'It adds up random numbers.',
  tool: '@liquid/types',
  section: '1.2',
  trade: { dimension: 'cross-layer', spends: ['cpu'], gains: ['airtime'] },
  needs: [],
  series: [
    {
      id: 'sum',
      title: 'sum',
      plot: 'sums',
      x: { title: 'n', unit: '' },
      y: { title: 'sum', unit: '' },
      form: 'line',
    },
  ],
  fields,
  run:
    ({ packets }, context) =>
    async () => {
      let sum = 0;
      for (let i = 1; i <= packets; i++) {
        sum += context.rng.integer(1, 6);
        context.point('sum', i, sum);
        context.progress({ done: i, total: packets, unit: 'packets' });
        const slept = await context.clock.sleep(Milliseconds.clamp(0.01), context.signal)();
        if (E.isLeft(slept)) return slept;
      }
      return E.right({
        ...empty,
        figures: [
          { id: 'sum', title: 'sum', value: sum, unit: '' },
          { id: 'took', title: 'took', value: context.clock.nowMs(), unit: 'ms', varies: true },
        ],
      });
    },
};

describe('fields', () => {
  const read = <A>(field: InputField<A>, text: string): unknown => {
    const result = field.fromText(text);
    return E.isRight(result) ? result.right : 'refused';
  };
  test('read what a person types', () => {
    expect(
      ['1', '1000', '0', '1001', '1.5', '', ' ', 'x', '0x10', '1e2'].map((text) =>
        read(fields.packets, text),
      ),
    ).toEqual([
      1,
      1000,
      'refused',
      'refused',
      'refused',
      'refused',
      'refused',
      'refused',
      'refused',
      100,
    ]);
    expect(
      ['0', '.5', '100', '-0.1', 'NaN', 'Infinity'].map((text) => read(fields.loss, text)),
    ).toEqual([0, 0.5, 100, 'refused', 'refused', 'refused']);
    expect(['5 Mbit/s', '999', '1 kbit/s'].map((text) => read(fields.rate, text))).toEqual([
      5e6,
      'refused',
      1000,
    ]);
    expect(['moreData', 'timer', 'toString', ''].map((text) => read(fields.policy, text))).toEqual([
      'moreData',
      'timer',
      'refused',
      'refused',
    ]);
    expect(
      ['', 'true', 'YES', '0', 'off', 'perhaps'].map((text) => read(fields.verbose, text)),
    ).toEqual([true, true, true, false, false, 'refused']);
    expect(['a.pcap', '', 'a\0b'].map((text) => read(fields.input, text))).toEqual([
      'a.pcap',
      'refused',
      'refused',
    ]);
    expect(fields.policy.choices).toEqual([
      { value: 'moreData', title: 'more data' },
      { value: 'timer', title: 'a timer' },
    ]);
  });
  test('print what they read', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        fc.integer({ min: 1000 }),
        (n, x, r) => {
          expect(read(fields.packets, fields.packets.toText(n))).toBe(n);
          expect(read(fields.loss, fields.loss.toText(x))).toBe(x + 0);
          const rate = BitsPerSecond.clamp(r);
          expect(read(fields.rate, fields.rate.toText(rate))).toBe(rate);
        },
      ),
      cases(0.02),
    );
  });
  test('never throw on any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.anything(), (text, value) => {
        for (const field of Object.values(fields)) {
          field.fromText(text);
          field.validate(value, []);
        }
      }),
      cases(0.05),
    );
  });
});

describe('inputs', () => {
  const codec = inputCodec(fields);
  const defaults = {
    input: undefined,
    packets: 10,
    loss: 0.5,
    rate: 1e7,
    policy: 'moreData',
    verbose: false,
    label: 'x',
  };
  test('take defaults for what is missing, and refuse what is unknown', () => {
    expect(codec.decode({})).toEqual(E.right(defaults));
    expect(codec.decode({ packets: null, label: undefined })).toEqual(E.right(defaults));
    expect(codec.decode({ rate: '1 Gbit/s', packets: 3 })).toEqual(
      E.right({ ...defaults, rate: 1e9, packets: 3 }),
    );
    expect(E.isLeft(codec.decode({ pakets: 3 }))).toBe(true);
    expect(E.isLeft(codec.decode(JSON.parse('{"__proto__":{"packets":3}}')))).toBe(true);
    for (const bad of [null, 5, 'x', [], { packets: 0 }])
      expect(E.isLeft(codec.decode(bad))).toBe(true);
    expect(codec.is(defaults)).toBe(true);
    expect(codec.is({})).toBe(false);
  });
  test('encode to JSON that decodes to the same', () => {
    const value = codec.decode({ rate: '1 Gbit/s', input: 'a.pcap' });
    if (E.isLeft(value)) throw new Error('bad');
    expect(codec.encode(value.right)).toEqual({
      input: 'a.pcap',
      packets: 10,
      loss: 0.5,
      rate: '1 Gbit/s',
      policy: 'moreData',
      verbose: false,
      label: 'x',
    });
    expect(codec.decode(JSON.parse(JSON.stringify(codec.encode(value.right))))).toEqual(value);
  });
  test('from texts give every complaint with its field', () => {
    expect(parseInput(fields)({ packets: '3', verbose: '' })).toEqual(
      E.right({ ...defaults, packets: 3, verbose: true }),
    );
    const bad = parseInput(fields)({ packets: '0', rate: 'fast', pakets: '1', constructor: 'x' });
    expect(E.isLeft(bad) && bad.left.map(({ path }) => path).sort()).toEqual([
      'constructor',
      'packets',
      'pakets',
      'rate',
    ]);
    expect(E.isLeft(bad) && bad.left.find(({ path }) => path === 'pakets')?.expected).toBe(
      'one of the inputs packets',
    );
  });
});

describe('needs', () => {
  const host = (has: {
    root?: boolean;
    commands?: ReadonlyArray<string>;
    paths?: ReadonlyArray<string>;
  }): ProbeHost => ({
    platform: 'linux',
    isRoot: () => Promise.resolve(has.root ?? false),
    hasCommand: (name) => () => Promise.resolve(has.commands?.includes(name) ?? false),
    hasPath: (path) => () =>
      path === '/bad'
        ? Promise.reject(new Error('no'))
        : Promise.resolve(has.paths?.includes(path) ?? false),
  });
  const needs = [
    needsRoot,
    needsCommand('ip', 'iproute2'),
    needsKernel('TUN devices', '/dev/net/tun', 'run: modprobe tun'),
  ];
  test('are met, or told with a remedy', async () => {
    expect(
      await probeNeeds(host({ root: true, commands: ['ip'], paths: ['/dev/net/tun'] }))(needs)(),
    ).toEqual(E.right(undefined));
    const missing = await probeNeeds(host({ commands: ['ip'] }))(needs)();
    expect(E.isLeft(missing) && missing.left.map(({ _tag, remedy }) => [_tag, remedy])).toEqual([
      ['Permission', 'run it as root, for example with sudo'],
      ['Unsupported', 'run: modprobe tun'],
    ]);
    expect(E.isLeft(await probeNeeds(host({}))([needsKernel('x', '/bad', 'y')])())).toBe(true);
    expect(await probeNeeds(host({}))([])()).toEqual(E.right(undefined));
  });
});

describe('reports', () => {
  const table = {
    id: 't',
    title: 'T',
    columns: [{ title: 'a' }, { title: 'b', unit: 'B' }],
    rows: [
      ['x', 1],
      ['y', null],
    ],
  };
  const comparison = {
    id: 'c',
    title: 'C',
    unit: 'B',
    published: { value: 4, text: 'about 4', source: '3.1.4' },
    ours: 3.9,
    measured: 'counted',
    better: 'lower',
    reached: true,
  };
  test('take what JSON can hold', () => {
    expect(Report.is({ ...empty, tables: [table], comparisons: [comparison] })).toBe(true);
    for (const bad of [
      { ...empty, figures: [{ id: 'x', title: 'x', value: NaN, unit: '' }] },
      { ...empty, tables: [{ ...table, rows: [['x']] }] },
      { ...empty, tables: [{ ...table, rows: [['x', Infinity]] }] },
      { ...empty, comparisons: [{ ...comparison, better: 'best' }] },
      { ...empty, summary: 5 },
    ]) {
      expect(Report.is(bad)).toBe(false);
    }
  });
  test('outcomes and events have codecs', () => {
    expect(
      RunOutcome.is({ ok: true, result: { scenario: 's', seed: '1', input: {}, report: empty } }),
    ).toBe(true);
    expect(RunOutcome.is({ ok: false, error: { _tag: 'Io', message: 'm' } })).toBe(true);
    expect(RunOutcome.is({ ok: true })).toBe(false);
    expect(RunEvent.is({ type: 'progress', done: 1, total: 2 })).toBe(true);
    expect(RunEvent.is({ type: 'point', series: 's', x: NaN, y: 1 })).toBe(false);
  });
});

describe('isScenario', () => {
  test('takes what defineScenario made, and nothing else', () => {
    const scenario = defineScenario(good);
    expect(isScenario(scenario)).toBe(true);
    for (const name of Object.keys(scenario)) {
      expect([name, isScenario({ ...scenario, [name]: 5 })]).toEqual([name, false]);
    }
    for (const bad of [
      null,
      5,
      {},
      [],
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('no');
          },
        },
      ),
    ]) {
      expect(isScenario(bad)).toBe(false);
    }
  });
});

describe('running', () => {
  const scenario = defineScenario(good);
  test('decodes, runs and streams', async () => {
    const { context, progress, points } = createTestContext();
    const result = await scenario.run({ packets: 3 }, context)();
    expect(result).toMatchObject(E.right({ summary: 'Done.' }));
    expect([progress.length, points.length]).toEqual([3, 3]);
  });
  test('refuses bad input with the nearest name', async () => {
    const result = await scenario.run({ pakets: 3 }, createTestContext().context)();
    expect(result).toMatchObject(
      E.left({ _tag: 'Decode', path: 'pakets', expected: 'one of the inputs packets' }),
    );
  });
  test('makes a value of what a run throws, rejects or misreports', async () => {
    const run = (broken: ScenarioDefinition<typeof fields>['run']) =>
      defineScenario({ ...good, run: broken }).run({}, createTestContext().context)();
    expect(
      await run(() => {
        throw new Error('boo');
      }),
    ).toMatchObject(E.left({ _tag: 'Io', message: 'bug in scenario good-one failed: boo' }));
    expect(await run(() => () => Promise.reject(new Error('boo')))).toMatchObject(
      E.left({ _tag: 'Io' }),
    );
    expect(
      await run(() =>
        TE.right({ ...empty, figures: [{ id: 'x', title: 'x', value: NaN, unit: '' }] }),
      ),
    ).toMatchObject(E.left({ _tag: 'Decode', path: 'figures[0].value' }));
  });
  test('reads files that were given', async () => {
    const reading = defineScenario({
      ...good,
      run:
        ({ input }, context) =>
        async () => {
          if (input === undefined) return E.right(empty);
          const whole = await context.readInput(input, Bytes.clamp(10))();
          if (E.isLeft(whole)) return whole;
          let streamed = 0;
          const rest = await context.streamInput(input, (chunk) => {
            streamed += chunk.length;
            return E.right(undefined);
          })();
          if (E.isLeft(rest)) return rest;
          return E.right({ ...empty, notes: [`${whole.right.length} ${streamed}`] });
        },
    });
    const files = { 'a.pcap': new Uint8Array(5) };
    expect(
      await reading.run({ input: 'a.pcap' }, createTestContext({ files }).context)(),
    ).toMatchObject(E.right({ notes: ['5 5'] }));
    expect(
      await reading.run({ input: 'b.pcap' }, createTestContext({ files }).context)(),
    ).toMatchObject(E.left({ _tag: 'NotFound' }));
  });
});

test('hands on changes of controls until it is told to stop', async () => {
  const seen: Array<unknown> = [];
  const controlled = defineScenario({
    ...good,
    controls: ['label'],
    run: (_, { onControl }) => {
      const off = onControl((change) => seen.push(change));
      return async () => {
        test1.control('label', 'a');
        off();
        test1.control('label', 'b');
        return E.right(empty);
      };
    },
  });
  const test1 = createTestContext();
  await controlled.run({}, test1.context)();
  expect(seen).toEqual([{ name: 'label', value: 'a' }]);
  expect(isScenario(controlled)).toBe(true);
  expect(isScenario({ ...controlled, controls: ['other'] })).toBe(false);
});

describe('the conformance suite', () => {
  const failing = async (
    definition: ScenarioDefinition<InputFields>,
  ): Promise<ReadonlyArray<string>> => {
    const names: Array<string> = [];
    for (const check of scenarioConformance(defineScenario(definition))) {
      const result: E.Either<Tagged, void> = await check.run();
      if (E.isLeft(result)) names.push(check.name.replace(/^[^:]*: /, ''));
    }
    return names;
  };
  const base = good as unknown as ScenarioDefinition<InputFields>;
  for (const check of scenarioConformance(defineScenario(good))) {
    test(check.name, async () => {
      expect(await check.run()).toEqual(E.right(undefined));
    });
  }
  test('finds each planted fault', async () => {
    const report = (change: Partial<Report>) => (): TE.TaskEither<Tagged, Report> =>
      TE.right({ ...empty, ...change });
    const runs = 'runs, reports and streams as declared';
    const planted: ReadonlyArray<readonly [string, Partial<ScenarioDefinition<InputFields>>]> = [
      ['describes itself', { id: 'Not Kebab' }],
      ['describes itself', { section: 'three' }],
      ['describes itself', { trade: { dimension: 'cross-layer', spends: [], gains: ['cpu'] } }],
      ['lists only fields as controls', { controls: ['none'] }],
      ['documents its inputs and reads them from text', { fields: { json: fields.label } }],
      ['documents its inputs and reads them from text', { fields: { 'not-camel': fields.label } }],
      [
        'documents its inputs and reads them from text',
        { fields: { a: { ...fields.packets, description: '' } } },
      ],
      [
        'has an input codec with defaults',
        { fields: { a: integerField({ title: 'a', description: 'b', default: 5, max: 3 }) } },
      ],
      ['declares its series', { series: [...good.series, ...good.series] }],
      ['names a remedy for each need', { needs: [{ ...needsRoot, remedy: '' }] }],
      [runs, { run: report({ summary: '' }) }],
      [runs, { run: report({ figures: [] }) }],
      [runs, { run: report({ figures: [...empty.figures, ...empty.figures] }) }],
      [runs, { series: [] }],
      [
        'repeats itself with the same seed',
        {
          run: () =>
            TE.right({
              ...empty,
              figures: [{ id: 'x', title: 'x', value: performance.now(), unit: '' }],
            }),
        },
      ],
      [
        'ends as aborted when aborted',
        {
          run:
            (_, { signal }) =>
            async () => {
              await new Promise((resolve) => setTimeout(resolve, 5));
              return signal.aborted ? E.left({ _tag: 'Odd', message: 'odd' }) : E.right(empty);
            },
        },
      ],
    ];
    for (const [name, change] of planted) {
      expect([name, await failing({ ...base, ...change })]).toEqual([
        name,
        expect.arrayContaining([name]),
      ]);
    }
  });
});
