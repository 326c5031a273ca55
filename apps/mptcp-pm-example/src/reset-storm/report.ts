/** Turns a run of `reset-storm` into its report. */
import type { Report } from '@liquid/types/scenario';
import { figure, median, round } from '../lab/numbers.js';
import type { ResetStormOutcome } from './session.js';

const SOURCE = 'D1.3, section 4.2, middleboxes that reset';

/** Milliseconds within which the median replacement has to be established. */
const QUICK_MS = 10;

export const resetStormReport = ({ input, stream, seconds, resets }: ResetStormOutcome): Report => {
  const times = resets.flatMap(({ afterMs }) => afterMs ?? []);
  const elsewhere = resets.filter(({ from, to }) => to !== undefined && to !== from).length;
  const told = resets.filter(({ reason }) => reason !== undefined).length;
  const open = resets.length - times.length;
  const replaced =
    times.length === 0
      ? 'it was never replaced'
      : `it was replaced within ${median(times).toFixed(1)} ms (median), ${elsewhere} times on the other interface`;
  return {
    summary: `${resets.length} resets of the only subflow in ${seconds.toFixed(0)} s: ${replaced}; all ${(stream.bytes / 1e6).toFixed(1)} MB arrived, hashes equal.`,
    figures: [
      ...figure('resets', 'resets', resets.length, '', 0),
      ...figure('replacement-p50', 'time to the replacement, median', median(times), 'ms'),
      ...figure(
        'replacement-least',
        'time to the replacement, least',
        times.length === 0 ? undefined : Math.min(...times),
        'ms',
      ),
      ...figure(
        'replacement-most',
        'time to the replacement, most',
        times.length === 0 ? undefined : Math.max(...times),
        'ms',
      ),
      ...figure('elsewhere', 'replaced on the other interface', elsewhere, '', 0),
      ...figure('told', 'resets that carried MP_TCPRST', told, '', 0),
      ...figure('open', 'not replaced', open, '', 0),
      ...figure('bytes', 'octets that arrived', stream.bytes, 'B', 0),
    ],
    tables: [
      {
        id: 'resets',
        title: 'Resets and replacements',
        columns: [
          { title: 'at', unit: 's' },
          { title: 'on' },
          { title: 'error' },
          { title: 'MP_TCPRST reason' },
          { title: 'replaced on' },
          { title: 'after', unit: 'ms' },
        ],
        rows: resets.map(({ at, from, error, reason, to, afterMs }) => [
          round(at, 3),
          from,
          error,
          reason ?? 'none',
          to ?? 'never',
          afterMs === undefined ? null : round(afterMs, 2),
        ]),
        varies: true,
      },
    ],
    comparisons: [
      {
        id: 'replacement',
        title: 'A reset subflow is replaced',
        unit: 'ms',
        published: {
          value: null,
          text: 'immediately, on the same or another interface',
          source: SOURCE,
        },
        ours: times.length === 0 ? null : round(median(times), 2),
        measured: `median from reading the kernel's report of the reset to reading that of the new subflow; ${QUICK_MS} ms is what we ask for`,
        better: 'lower',
        reached: open === 0 && times.length > 0 ? median(times) <= QUICK_MS : false,
        varies: true,
      },
    ],
    notes: [
      input.by === 'middlebox'
        ? 'The middlebox answers segments of the subflow with a RST without MPTCP options, as one does that knows TCP only.'
        : 'The peer destroys its own socket of the subflow; its RST carries MP_TCPRST.',
      'A path that was reset is left alone for a while, longer each time; so the replacement is made elsewhere.',
      'The connection lives on without any subflow until the new one is there; what was lost is sent again.',
    ],
  };
};
