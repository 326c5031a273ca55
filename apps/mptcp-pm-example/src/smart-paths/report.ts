/** Turns a run of `smart-paths` into its report, beside the deliverable's figure 4.6. */
import type { Comparison, Figure, Report, Table } from '@liquid/types/scenario';
import { figure, median, quantile, round } from '../lab/numbers.js';
import { SETTLE_SECONDS, type SmartPathsOutcome, THRESHOLD_SHARE } from './session.js';
import type { TracePoint } from './trace.js';

const SOURCE = 'D1.3, section 4.2, figures 4.5 and 4.6';

/** Close to the line's rate: from 4.5 to 5.2 of 5 Mbit/s. */
const CLOSE = { least: 0.9, most: 1.04 };

/** Seconds within which a loss of bandwidth has to be noticed. */
const NOTICE_SECONDS = 2.5;

/** Seconds in which a connection's first estimates are. */
const BEGINNING_SECONDS = 2;

/** What the points of a run come to. */
export interface Estimates {
  /** Between the beginning's end and the cross traffic, or the file's end: Mbit/s. */
  readonly least: number;
  readonly middle: number;
  readonly most: number;
  /** Share of the polls in that time that were close to the rate. */
  readonly close: number;
  /** Highest of the first seconds, and with samples in congestion avoidance only. */
  readonly firstHighest: number;
  readonly firstHighestAvoidance: number;
  /** Highest of all with samples in congestion avoidance only. */
  readonly avoidanceHighest: number;
  /** After the cross traffic has had its time; NaN without. */
  readonly shared: number;
  /** Seconds at which the policy's estimate fell below the threshold. */
  readonly below: number | undefined;
  /** Whether that was before there was any cause. */
  readonly falseAlarm: boolean;
}

const highest = (values: ReadonlyArray<number>): number => {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length === 0 ? Number.NaN : Math.max(...known);
};

/** Seconds after which cross traffic has its share. */
const SHARED_AFTER = 5;

export const estimatesOf = ({
  input,
  points,
  crossAt,
  seconds,
  openedAt,
}: SmartPathsOutcome): Estimates => {
  const estimate = ({ smoothed, avoidance }: TracePoint): number =>
    input.avoidanceOnly ? avoidance : smoothed;
  const calmEnd = crossAt ?? seconds;
  const settled = points.filter((one) => one.seconds >= SETTLE_SECONDS);
  const calm = settled.filter((one) => one.seconds < calmEnd).map(estimate);
  const known = calm.filter((value) => !Number.isNaN(value));
  const first = points.filter((one) => one.seconds <= BEGINNING_SECONDS);
  const threshold = THRESHOLD_SHARE * input.rateMbps;
  const below = settled.find((one) => estimate(one) < threshold)?.seconds;
  const end = openedAt ?? seconds;
  const shared = points.filter(
    (one) =>
      crossAt !== undefined &&
      one.seconds > crossAt + SHARED_AFTER &&
      one.seconds < Math.max(end, crossAt + 20),
  );
  return {
    least: known.length === 0 ? Number.NaN : Math.min(...known),
    middle: median(known),
    most: highest(known),
    close:
      known.filter(
        (value) => value >= CLOSE.least * input.rateMbps && value <= CLOSE.most * input.rateMbps,
      ).length / known.length,
    firstHighest: highest(first.map(({ smoothed }) => smoothed)),
    firstHighestAvoidance: highest(first.map(({ avoidance }) => avoidance)),
    avoidanceHighest: highest(points.map(({ avoidance }) => avoidance)),
    shared: quantile(shared.map(estimate), 0.5),
    below,
    falseAlarm: below !== undefined && (crossAt === undefined || below < crossAt),
  };
};

/** Seconds from the cross traffic's beginning to the alarm. */
export const noticedAfter = (outcome: SmartPathsOutcome): number | undefined => {
  const { crossAt, openedAt } = outcome;
  const at = openedAt ?? estimatesOf(outcome).below;
  return crossAt === undefined || at === undefined ? undefined : at - crossAt;
};

const figures = (outcome: SmartPathsOutcome, estimates: Estimates): ReadonlyArray<Figure> => {
  const { seconds, file, secondBefore, secondBytes, openedAt } = outcome;
  return [
    ...figure('seconds', 'the file took', seconds, 's'),
    ...figure('goodput', 'goodput', (file.bytes * 8) / seconds / 1e6, 'Mbit/s', 3),
    ...figure('estimate-least', 'estimate, least', estimates.least, 'Mbit/s'),
    ...figure('estimate-median', 'estimate, median', estimates.middle, 'Mbit/s'),
    ...figure('estimate-most', 'estimate, most', estimates.most, 'Mbit/s'),
    ...figure(
      'estimate-close',
      'polls with an estimate close to the rate',
      100 * estimates.close,
      '%',
      1,
    ),
    ...figure(
      'first-highest',
      'highest estimate of the first 2 s',
      estimates.firstHighest,
      'Mbit/s',
    ),
    ...figure(
      'avoidance-highest',
      'highest estimate from samples in congestion avoidance only',
      estimates.avoidanceHighest,
      'Mbit/s',
    ),
    ...figure(
      'estimate-shared',
      'estimate beside cross traffic, median',
      estimates.shared,
      'Mbit/s',
    ),
    ...figure(
      'false-alarms',
      'alarms before there was a cause',
      estimates.falseAlarm ? 1 : 0,
      '',
      0,
    ),
    ...figure('noticed', 'cross traffic noticed after', noticedAfter(outcome), 's'),
    ...figure('opened', 'second interface opened at', openedAt, 's'),
    ...figure('second-before', 'octets by the second interface until then', secondBefore, 'B', 0),
    ...figure('second', 'octets by the second interface in all', secondBytes, 'B', 0),
  ];
};

const comparisons = (
  outcome: SmartPathsOutcome,
  estimates: Estimates,
): ReadonlyArray<Comparison> => {
  const { input, crossAt, secondBefore } = outcome;
  const likeFigure = input.rateMbps === 5;
  const settles: Comparison = {
    id: 'estimate-settles',
    title: 'The smoothed estimate without cross traffic',
    unit: 'Mbit/s',
    published: {
      value: likeFigure ? 5 : null,
      text: 'stays close to 5 Mbit/s',
      source: SOURCE,
    },
    ours: Number.isNaN(estimates.middle) ? null : round(estimates.middle, 2),
    measured: `median of the polls from ${SETTLE_SECONDS} s on, until cross traffic or the file's end; least ${round(estimates.least, 2)}, most ${round(estimates.most, 2)}`,
    better: 'near',
    reached: likeFigure && !Number.isNaN(estimates.close) ? estimates.close === 1 : null,
    varies: true,
  };
  const high: Comparison = {
    id: 'high-start',
    title: 'The curve starts high',
    unit: 'Mbit/s',
    published: { value: null, text: 'slow start and smoothing make it start high', source: SOURCE },
    ours: Number.isNaN(estimates.firstHighest) ? null : round(estimates.firstHighest, 2),
    measured: `highest of the first ${BEGINNING_SECONDS} s; with samples in congestion avoidance only ${
      Number.isNaN(estimates.firstHighestAvoidance)
        ? 'there is none yet'
        : `it is ${round(estimates.firstHighestAvoidance, 2)}`
    }, and ${round(estimates.avoidanceHighest, 2)} at most in the whole run`,
    better: 'near',
    reached: null,
    varies: true,
  };
  if (crossAt === undefined) return [settles, high];
  const noticed = noticedAfter(outcome);
  return [
    settles,
    high,
    {
      id: 'noticed',
      title: 'The loss of bandwidth is noticed',
      unit: 's',
      published: {
        value: null,
        text: 'the estimate drops once B sends, and the manager can open the second subflow',
        source: SOURCE,
      },
      ours: noticed === undefined ? null : round(noticed, 2),
      measured: `from the first octet of cross traffic to ${
        input.reaction
          ? 'the command that opens the subflow'
          : 'the first estimate below the threshold'
      }; at most ${NOTICE_SECONDS} s is what we ask for`,
      better: 'lower',
      reached: noticed !== undefined && noticed >= 0 && noticed <= NOTICE_SECONDS,
      varies: true,
    },
    {
      id: 'second-unused',
      title: 'The second interface is unused until then',
      unit: 'B',
      published: { value: 0, text: 'used only when 5 Mbit/s cannot be reached', source: SOURCE },
      ours: secondBefore,
      measured: "by the interface's own counter, at most half a second before the command",
      better: 'lower',
      reached: secondBefore === 0,
      varies: true,
    },
  ];
};

const pathTable = ({ defaultBytes, secondBytes, file }: SmartPathsOutcome): Table => ({
  id: 'paths',
  title: 'What each path carried',
  columns: [{ title: 'interface' }, { title: 'octets', unit: 'B' }, { title: 'counted' }],
  rows: [
    ['default', defaultBytes, 'TCP payload, retransmissions too'],
    ['second', secondBytes, 'frames, headers too'],
    ['file', file.bytes, `SHA-256 at both ends ${file.sha256 ?? ''}`],
  ],
  varies: true,
});

const notes = (
  { input, crossAt, openedAt }: SmartPathsOutcome,
  { falseAlarm }: Estimates,
): string[] => [
  `The threshold is ${round(THRESHOLD_SHARE * input.rateMbps, 2)} Mbit/s, ${100 * THRESHOLD_SHARE} % of the line; the first ${SETTLE_SECONDS} s raise no alarm.`,
  ...(falseAlarm
    ? ['The estimate fell below the threshold before there was any cross traffic.']
    : []),
  ...(input.cross && crossAt === undefined
    ? ['The file was done before the cross traffic would have begun.']
    : []),
  ...(!input.reaction ? ['The reaction is off: the second interface is never used.'] : []),
  ...(input.reaction && openedAt !== undefined
    ? ['Run it with --no-reaction to see how long the file takes without.']
    : []),
  'The raw estimate falls at each loss, as the window halves while the queue still stands in the round-trip time.',
];

const summaryOf = (outcome: SmartPathsOutcome, estimates: Estimates): string => {
  const { input, seconds, file, openedAt, crossAt } = outcome;
  const noticed = noticedAfter(outcome);
  const sent = `${round(file.bytes / 1e6, 1)} MB took ${seconds.toFixed(1)} s over a line of ${input.rateMbps} Mbit/s, hashes equal; the smoothed estimate was ${estimates.middle.toFixed(2)} Mbit/s (median)`;
  if (crossAt === undefined)
    return `${sent}, and the second interface ${openedAt === undefined ? 'stayed unused' : 'was opened'}.`;
  if (noticed === undefined)
    return `${sent}; the cross traffic from ${crossAt.toFixed(1)} s on was not noticed.`;
  return `${sent} until cross traffic came at ${crossAt.toFixed(1)} s. ${noticed.toFixed(1)} s later ${
    openedAt === undefined ? 'it was below the threshold' : 'the second interface was opened'
  }.`;
};

/** The report of a run whose hashes agree. */
export const smartPathsReport = (outcome: SmartPathsOutcome): Report => {
  const estimates = estimatesOf(outcome);
  return {
    summary: summaryOf(outcome, estimates),
    figures: [...figures(outcome, estimates)],
    tables: [pathTable(outcome)],
    comparisons: comparisons(outcome, estimates),
    notes: notes(outcome, estimates),
  };
};
