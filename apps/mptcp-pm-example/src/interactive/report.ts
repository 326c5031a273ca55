/** Turns a run of `interactive-bufferbloat` into its report. */
import type { Report } from '@liquid/types/scenario';
import { figure, median, quantile, round } from '../lab/numbers.js';
import { OTHER_MS } from './network.js';
import { HOLD_MS, type InteractiveOutcome, MAX_RTT_MS } from './session.js';

const SOURCE = 'D1.3, section 4.2, interactive applications';

/** Seconds after the change in which the policy finds out; what comes later is steady. */
const FIND_OUT_SECONDS = 4;

/** Steady answers may take this many times the good way's round trip. */
const GOOD_ENOUGH = 1.3;

export const interactiveReport = (outcome: InteractiveOutcome): Report => {
  const { input, echoes, slowFrom, slowTo, deeds, quickAtEnd, missing } = outcome;
  const between = (from: number, to: number): ReadonlyArray<number> =>
    echoes.filter(({ seconds }) => seconds >= from && seconds < to).map(({ delayMs }) => delayMs);
  const before = between(1, slowFrom);
  // A line that is still on its way when the way is quick again is no steady one.
  const steady = between(slowFrom + FIND_OUT_SECONDS, slowTo - input.slowMs / 1000);
  const last = between(slowTo + input.afterSeconds / 2, Number.POSITIVE_INFINITY);
  const p95 = quantile(steady, 0.95);
  const limit = GOOD_ENOUGH * OTHER_MS;
  const late = echoes.filter(
    ({ seconds, delayMs }) => seconds >= slowFrom && delayMs > MAX_RTT_MS && seconds < slowTo,
  );
  const lastLate = late.at(-1);
  const settled = lastLate === undefined ? 0 : lastLate.seconds - slowFrom;
  const done = input.policy
    ? `${deeds.length} actions of the policy`
    : 'nothing was done about it, as the policy was off';
  return {
    summary: `Lines took ${median(before).toFixed(1)} ms (median). While the quick way took ${input.slowMs} ms, 95 % of them took at most ${p95.toFixed(1)} ms from ${FIND_OUT_SECONDS} s on; ${done}.`,
    figures: [
      ...figure('before-p50', 'delay before, median', median(before), 'ms', 1),
      ...figure('steady-p50', 'delay while slow, median', median(steady), 'ms', 1),
      ...figure('steady-p95', 'delay while slow, 95th percentile', p95, 'ms', 1),
      ...figure(
        'settled',
        'lines sent after this were in time',
        input.policy ? settled : undefined,
        's',
      ),
      ...figure('after-p50', 'delay after the recovery, median', median(last), 'ms', 1),
      ...figure('actions', 'actions of the policy', deeds.length, '', 0),
      ...figure('missing', 'lines that never came back', missing, '', 0),
    ],
    tables: [
      {
        id: 'actions',
        title: 'What the policy did',
        columns: [{ title: 'at', unit: 's' }, { title: 'action' }],
        rows: deeds.map(({ seconds, what }) => [round(seconds, 2), what]),
        varies: true,
      },
    ],
    comparisons: [
      {
        id: 'steady-p95',
        title: 'Answers while a way is slow',
        unit: 'ms',
        published: {
          value: null,
          text: 'subflows whose round-trip time becomes too long are disabled',
          source: SOURCE,
        },
        ours: Number.isNaN(p95) ? null : round(p95, 1),
        measured: `95th percentile of lines sent from ${FIND_OUT_SECONDS} s after the change on; the good way's round trip is ${OTHER_MS} ms, and ${round(limit, 1)} ms is what we ask for`,
        better: 'lower',
        reached: input.policy && !Number.isNaN(p95) ? p95 <= limit : null,
        varies: true,
      },
      {
        id: 'back',
        title: 'The quick way is used again',
        unit: 'ms',
        published: { value: null, text: 'no number is given', source: SOURCE },
        ours: last.length === 0 ? null : round(median(last), 1),
        measured: `median delay in the second half of the time after the recovery; the way ${quickAtEnd ? 'carried' : 'did not carry'} data at the end`,
        better: 'lower',
        reached: input.policy ? quickAtEnd : null,
        varies: true,
      },
    ],
    notes: [
      `The policy's limit is ${MAX_RTT_MS} ms; a subflow is left alone for ${HOLD_MS / 1000} s after each action.`,
      'The smoothed round-trip time of the kernel can rise only when a late acknowledgement comes; the policy also counts how long data has been waiting for one.',
      ...(input.policy ? [] : ['The policy is off: this is what it is compared with.']),
    ],
  };
};
