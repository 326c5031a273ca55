/** Turns a run of `one-interface-is-enough` into its report. */
import type { Report } from '@liquid/types/scenario';
import { figure, round } from '../lab/numbers.js';
import { SHORT_MBPS } from './network.js';
import {
  CLOSE_SECONDS,
  HOLD_SECONDS,
  type OneInterfaceOutcome,
  POLL_MS,
  THRESHOLD_MBPS,
} from './session.js';

const SOURCE = 'D1.3, section 4.2, streaming on a mobile device';

/** Polls within which a shortage has to switch the second interface on. */
const POLLS = 3;

export const oneInterfaceReport = (outcome: OneInterfaceOutcome): Report => {
  const { input, goodputs, shortFrom, shortTo, end, onAt, offAt, secondSeconds } = outcome;
  const firstOn = onAt.find((at) => at >= shortFrom);
  const firstOff = offAt.find((at) => at >= shortTo);
  const onAfter = firstOn === undefined ? undefined : firstOn - shortFrom;
  const offAfter = firstOff === undefined ? undefined : firstOff - shortTo;
  const early = onAt.filter((at) => at < shortFrom).length;
  const limit = (POLLS * POLL_MS) / 1000;
  const share = (100 * secondSeconds) / end;
  const [full, short, again] = goodputs;
  const said = input.policy
    ? `The second interface was on for ${share.toFixed(0)} % of the time`
    : `With both interfaces all the time, the second was on for ${share.toFixed(0)} %`;
  return {
    summary: `${said}; goodput ${full.toFixed(1)} Mbit/s, ${short.toFixed(1)} while the first line gave ${SHORT_MBPS}, then ${again.toFixed(1)}.`,
    figures: [
      ...figure('goodput-full', 'goodput, first line full', full, 'Mbit/s'),
      ...figure('goodput-short', 'goodput, first line short', short, 'Mbit/s'),
      ...figure('goodput-again', 'goodput, first line full again', again, 'Mbit/s'),
      ...figure('on-after', 'second interface on after the shortage began', onAfter, 's'),
      ...figure(
        'on-polls',
        'the same in polls',
        onAfter === undefined ? undefined : (onAfter * 1000) / POLL_MS,
        '',
        1,
      ),
      ...figure('off-after', 'second interface off after the shortage ended', offAfter, 's'),
      ...figure('second-share', 'time with the second interface', share, '%', 1),
      ...figure('early', 'switched on without a shortage', early, '', 0),
      ...figure('switches', 'switches in all', onAt.length + offAt.length, '', 0),
    ],
    tables: [
      {
        id: 'switches',
        title: 'Switches of the second interface',
        columns: [{ title: 'at', unit: 's' }, { title: 'to' }],
        rows: [...onAt.map((at) => [at, 'on'] as const), ...offAt.map((at) => [at, 'off'] as const)]
          .sort(([a], [b]) => a - b)
          .map(([at, to]) => [round(at, 2), to]),
        varies: true,
      },
    ],
    comparisons: input.policy
      ? [
          {
            id: 'on-after',
            title: 'The second interface comes when it is needed',
            unit: 's',
            published: {
              value: null,
              text: 'the other interface is enabled when the bandwidth is below the threshold',
              source: SOURCE,
            },
            ours: onAfter === undefined ? null : round(onAfter, 2),
            measured: `from the change of the line to the command; ${POLLS} polls, ${limit} s, is what we ask for`,
            better: 'lower',
            reached: onAfter !== undefined && onAfter <= limit,
            varies: true,
          },
          {
            id: 'off-again',
            title: 'and goes when it is not',
            unit: 's',
            published: { value: null, text: 'and disabled when it is above', source: SOURCE },
            ours: offAfter === undefined ? null : round(offAfter, 2),
            measured: `from the line's recovery; plenty must last ${CLOSE_SECONDS} s`,
            better: 'lower',
            reached: offAfter !== undefined && early === 0,
            varies: true,
          },
        ]
      : [],
    notes: [
      `The stream needs ${THRESHOLD_MBPS} Mbit/s and takes what it gets; at least ${HOLD_SECONDS} s lie between two switches.`,
      'A radio that is off costs no energy and no volume: the share of time is what is saved.',
    ],
  };
};
