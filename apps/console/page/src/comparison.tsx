/** A published figure and ours, side by side on one scale, with the verdict in words. */
import type { Comparison } from '@liquid/types/scenario';
import type { ReactNode } from 'react';
import { formatNumber, withUnit } from './format.ts';
import { sentence } from './notice.tsx';

const BETTER = {
  lower: 'lower is better',
  higher: 'higher is better',
  near: 'nearer is better',
} as const;

const verdictOf = ({
  reached,
  ours,
}: Comparison): { readonly name: string; readonly text: string; readonly mark: string } =>
  reached === null
    ? {
        name: 'open',
        text: ours === null ? 'This run gives no figure' : 'Not comparable',
        mark: '–',
      }
    : reached
      ? { name: 'reached', text: 'Reached', mark: '✓' }
      : { name: 'missed', text: 'Not reached', mark: '✗' };

/** Width of a bar, in hundredths of the scale; a sliver stays visible. */
const widthOf = (value: number, most: number): number =>
  most <= 0 ? 0 : Math.max(0.8, (100 * Math.max(0, value)) / most);

const Bar = ({
  className,
  value,
  most,
}: {
  readonly className: string;
  readonly value: number;
  readonly most: number;
}): ReactNode => (
  <svg
    className={`measure ${className}`}
    viewBox="0 0 100 8"
    preserveAspectRatio="none"
    aria-hidden="true"
  >
    <rect className="measure-track" width="100" height="8" />
    <rect className="measure-bar" width={widthOf(value, most)} height="8" />
  </svg>
);

export const ComparisonView = ({ comparison }: { readonly comparison: Comparison }): ReactNode => {
  const { title, unit, published, ours, measured, better } = comparison;
  const verdict = verdictOf(comparison);
  const most = Math.max(published.value ?? 0, ours ?? 0);
  const drawn = published.value !== null && ours !== null && published.value >= 0 && ours >= 0;
  return (
    <article className={`comparison comparison-${verdict.name}`}>
      <header>
        <h3>{title}</h3>
        <p className={`verdict verdict-${verdict.name}`}>
          <span aria-hidden="true">{verdict.mark}</span> {verdict.text}
        </p>
      </header>
      <dl className="sides">
        <div className="side">
          <dt>Published</dt>
          <dd>
            <span className="side-value">
              {published.value === null ? '–' : formatNumber(published.value)}
              {published.value === null || unit === '' ? null : <small> {unit}</small>}
            </span>
            {drawn ? (
              <Bar className="measure-published" value={published.value ?? 0} most={most} />
            ) : null}
            <span className="side-text">
              “{published.text}”, {published.source}
            </span>
          </dd>
        </div>
        <div className="side side-ours">
          <dt>Measured here</dt>
          <dd>
            <span className="side-value">
              {ours === null ? '–' : formatNumber(ours)}
              {ours === null || unit === '' ? null : <small> {unit}</small>}
            </span>
            {drawn ? <Bar className="measure-ours" value={ours ?? 0} most={most} /> : null}
            <span className="side-text">
              {sentence(measured)} <span className="better">{sentence(BETTER[better])}</span>
            </span>
          </dd>
        </div>
      </dl>
      {comparison.varies === true ? (
        <p className="muted comparison-varies">
          {withUnit(ours, unit)} depends on this machine and its load.
        </p>
      ) : null}
    </article>
  );
};
