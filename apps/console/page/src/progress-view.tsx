/** How far a run is: a bar where the end is known, a count where it is not. */
import type { Progress } from '@liquid/types/scenario';
import type { ReactNode } from 'react';
import { formatNumber } from './format.ts';

/** Progress in words, as `2000 of 5000 packets`. */
const wordsOf = ({ done, total, unit, activity }: Progress): string => {
  const of = total === undefined ? '' : ` of ${formatNumber(total)}`;
  const counted = `${formatNumber(done)}${of} ${unit ?? ''}`.trimEnd();
  return activity === undefined ? counted : `${activity}: ${counted}`;
};

export const ProgressView = ({ progress }: { readonly progress: Progress | null }): ReactNode => {
  const total = progress?.total;
  const known = progress !== null && total !== undefined && total > 0;
  return (
    <div className="progress">
      {known ? (
        <progress
          className="bar"
          aria-label="Progress"
          value={Math.min(progress.done, total)}
          max={total}
        />
      ) : (
        <progress className="bar" aria-label="Progress" />
      )}
      <p className="muted numbers">{progress === null ? 'Starting …' : wordsOf(progress)}</p>
    </div>
  );
};
