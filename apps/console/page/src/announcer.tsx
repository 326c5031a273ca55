/** What a screen reader is told of a run: its beginning, its quarters, its end. */
import type { ReactNode } from 'react';
import type { RunState } from '../../src/api.ts';
import type { Line } from './run-stream.ts';

const quarterOf = ({ progress }: RunState): number => {
  const total = progress?.total;
  if (progress === null || total === undefined || total <= 0) return 0;
  return Math.min(3, Math.floor((4 * progress.done) / total));
};

/** One sentence; it changes a handful of times in a run, and only then is it spoken. */
const sentenceOf = (run: RunState | null, line: Line): string => {
  if (line === 'broken') return 'Reconnecting to the console.';
  if (run === null) return '';
  switch (run.status) {
    case 'running': {
      const quarter = quarterOf(run);
      return quarter === 0 ? 'The run has started.' : `The run is ${25 * quarter} percent through.`;
    }
    case 'stopping':
      return 'The run is being stopped.';
    case 'stopped':
      return 'The run was stopped.';
    case 'failed':
      return `The run failed. ${run.outcome?.ok === false ? run.outcome.error.message : ''}`;
    case 'done':
      return `The run is done. ${run.outcome?.ok === true ? run.outcome.result.report.summary : ''}`;
  }
};

export const Announcer = ({
  run,
  line,
}: {
  readonly run: RunState | null;
  readonly line: Line;
}): ReactNode => (
  <p className="hidden" role="status">
    {sentenceOf(run, line)}
  </p>
);
