/** Scenarios of these tests, given to the console by `--from`: slow, chatty, failing, and with very many points. */
import { Milliseconds } from '@liquid/types';
import {
  booleanField,
  defineScenario,
  fileField,
  integerField,
  type Report,
} from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';

const base = {
  summary: 'A scenario of the tests that look at the console with a browser.',
  tool: '@liquid/rohc',
  section: '3.1.4',
  trade: { dimension: 'cross-layer', spends: ['cpu'], gains: ['airtime'] },
  needs: [],
} as const;

const report = (summary: string, value = 1): Report => ({
  summary,
  figures: [{ id: 'count', title: 'count', value, unit: '' }],
  tables: [],
  comparisons: [],
  notes: [],
});

const line = (id: string, title: string) =>
  ({
    id,
    title,
    plot: 'waves',
    x: { title: 'step', unit: '' },
    y: { title: 'height', unit: 'm' },
    form: 'line',
  }) as const;

/** Goes on until it is stopped, with a point each 50 ms and a control that moves them. */
const ticks = defineScenario({
  ...base,
  id: 'browser-ticks',
  title: 'Ticks until it is stopped',
  series: [line('wave', 'wave')],
  controls: ['height'],
  fields: {
    height: integerField({
      title: 'height',
      description: 'How high the points lie.',
      default: 10,
      min: 0,
      max: 1000,
    }),
    count: integerField({
      title: 'ticks',
      description: 'How many there are.',
      default: 12_000,
      min: 1,
      max: 12_000,
    }),
  },
  run: (input, context) => async () => {
    let { height } = input;
    const end = context.onControl(({ name, value }) => {
      if (name === 'height' && typeof value === 'number') height = value;
    });
    for (let i = 0; i < input.count; i++) {
      context.point('wave', i, height);
      context.progress({ done: i, total: input.count, unit: 'ticks', activity: 'ticking' });
      const slept = await context.clock.sleep(Milliseconds.clamp(50), context.signal)();
      if (E.isLeft(slept)) {
        end();
        return slept;
      }
    }
    end();
    return E.right(report(`${input.count} ticks.`, height));
  },
});

/** Sends its points as fast as the pipe takes them, with a breath each thousand. */
const many = defineScenario({
  ...base,
  id: 'browser-many',
  title: 'A million points',
  series: [line('wave', 'wave')],
  fields: {
    count: integerField({
      title: 'points',
      description: 'How many there are.',
      default: 1_000_000,
      min: 1,
      max: 10_000_000,
    }),
  },
  run:
    ({ count }, context) =>
    async () => {
      for (let i = 0; i < count; i++) {
        context.point('wave', i, Math.sin(i / 20_000) * 100 + (i % 17));
        if (i % 1000 !== 999) continue;
        context.progress({ done: i + 1, total: count, unit: 'points' });
        const slept = await context.clock.sleep(Milliseconds.clamp(3), context.signal)();
        if (E.isLeft(slept)) return slept;
      }
      return E.right(report(`${count} points.`, count));
    },
});

const failing = defineScenario({
  ...base,
  id: 'browser-failing',
  title: 'Fails after a while',
  series: [line('wave', 'wave')],
  fields: {},
  run: (_, context) => {
    context.point('wave', 0, 1);
    context.logger.warn('something is odd');
    return TE.left({
      _tag: 'CrcMismatch',
      message: 'the CRC differs',
      remedy: 'send the packet again',
    });
  },
});

const counting = defineScenario({
  ...base,
  id: 'browser-file',
  title: 'Counts the octets of a file',
  series: [],
  fields: {
    input: fileField({ title: 'input', description: 'A file.' }),
    twice: booleanField({ title: 'twice', description: 'Counts them twice.', default: false }),
  },
  run:
    ({ input, twice }, context) =>
    async () => {
      if (input === undefined) return E.right(report('There was no file.', 0));
      let octets = 0;
      const read = await context.streamInput(input, (chunk) => {
        octets += chunk.length;
        return E.right(undefined);
      })();
      return E.isLeft(read) ? read : E.right(report('It was read.', twice ? 2 * octets : octets));
    },
});

export const scenarios = [ticks, many, failing, counting];
