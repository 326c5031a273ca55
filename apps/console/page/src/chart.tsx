/** One plot: uPlot draws it, a legend tells the values at the cursor, a table says the same in words. */
import type { Series } from '@liquid/types/scenario';
import { type KeyboardEvent, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import 'uplot/dist/uPlot.min.css';
import { createAligner } from './aligned.ts';
import { type ChartHandle, createChart, INKS } from './chart-drawing.ts';
import type { SeriesSummary } from './decimate.ts';
import { formatNumber, titleWithUnit, withUnit } from './format.ts';
import type { RunStream } from './run-stream.ts';

export interface ChartProps {
  readonly plot: string;
  readonly series: ReadonlyArray<Series>;
  readonly stream: RunStream;
}

/** A table that a person reads need not change more often. */
const TABLE_MS = 500;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The chart in words, drawn anew while it is open. */
const ValueTable = ({ series, stream }: Omit<ChartProps, 'plot'>): ReactNode => {
  const [open, setOpen] = useState(false);
  const [rows, setRows] = useState<ReadonlyArray<SeriesSummary | null>>([]);
  useEffect(() => {
    if (!open) return undefined;
    const read = (): void => setRows(series.map(({ id }) => stream.series(id).summary()));
    read();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = stream.onPoints(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        read();
      }, TABLE_MS);
    });
    return () => {
      clearTimeout(timer);
      end();
    };
  }, [open, series, stream]);
  const unit = series[0]?.y.unit;
  return (
    <details className="values" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>The chart in numbers</summary>
      <div className="table-frame" role="group" tabIndex={0} aria-label="The chart in numbers">
        <table>
          <thead>
            <tr>
              <th scope="col">series</th>
              {['latest', 'mean', 'least', 'greatest'].map((name) => (
                <th key={name} scope="col" className="right">
                  {titleWithUnit(name, unit)}
                </th>
              ))}
              <th scope="col" className="right">
                points
              </th>
            </tr>
          </thead>
          <tbody>
            {series.map(({ id, title }, i) => {
              const row = rows[i];
              return (
                <tr key={id}>
                  <th scope="row">{title}</th>
                  {(['last', 'mean', 'least', 'greatest', 'points'] as const).map((name) => (
                    <td key={name} className="right">
                      {row === null || row === undefined ? '–' : formatNumber(row[name])}
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </details>
  );
};

/** Steps of the cursor by key, as shares of the chart. */
const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -0.01,
  ArrowRight: 0.01,
  PageDown: -0.1,
  PageUp: 0.1,
  Home: -1,
  End: 1,
};

export const Chart = ({ plot, series, stream }: ChartProps): ReactNode => {
  const place = useRef<HTMLDivElement>(null);
  const handle = useRef<ChartHandle | null>(null);
  const values = useRef<Array<HTMLSpanElement | null>>([]);
  const xValue = useRef<HTMLSpanElement>(null);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const hiddenNow = useRef(hidden);
  hiddenNow.current = hidden;
  const first = series[0];
  const x = first?.x ?? { title: '', unit: '' };
  const y = first?.y ?? { title: '', unit: '' };
  const align = useMemo(
    () => createAligner(series.map(({ id }) => stream.series(id))),
    [series, stream],
  );

  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    // Straight to the elements: the cursor moves with every frame, and React has nothing to decide.
    const chart = createChart(element, series, align, (at) => {
      const words = at.ys.map((value) => withUnit(value, y.unit));
      words.forEach((word, i) => {
        const span = values.current[i];
        if (span !== null && span !== undefined) span.textContent = word;
      });
      if (xValue.current !== null) {
        xValue.current.textContent = at.x === null ? 'latest' : `at ${withUnit(at.x, x.unit)}`;
      }
      element.parentElement?.toggleAttribute('data-dense', at.dense);
      element.setAttribute('aria-valuenow', String(Math.round(100 * at.share)));
      const said = series.map(({ title }, i) => `${title} ${words[i] ?? '–'}`).join(', ');
      element.setAttribute(
        'aria-valuetext',
        `${at.x === null ? 'latest' : `${x.title} ${withUnit(at.x, x.unit)}`}: ${said}`,
      );
    });
    handle.current = chart;
    series.forEach(({ id }, i) => chart.show(i, !hiddenNow.current.has(id)));
    const end = stream.onPoints(chart.refresh);
    return () => {
      end();
      chart.destroy();
      handle.current = null;
    };
  }, [series, stream, align]);

  const toggle = (id: string, index: number): void => {
    const next = new Set(hidden);
    if (!next.delete(id)) next.add(id);
    setHidden(next);
    handle.current?.show(index, !next.has(id));
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') handle.current?.leave();
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    handle.current?.move(step);
  };

  return (
    <figure className="chart">
      <figcaption>
        <h2>{capital(plot)}</h2>
        <p className="muted">
          {titleWithUnit(y.title, y.unit)} over {titleWithUnit(x.title, x.unit)}
        </p>
        <span className="legend-x muted numbers" ref={xValue}>
          latest
        </span>
      </figcaption>
      <ul className="legend" aria-label={`Series of ${plot}`}>
        {series.map(({ id, title }, i) => (
          <li key={id}>
            <button type="button" aria-pressed={!hidden.has(id)} onClick={() => toggle(id, i)}>
              <svg className={`swatch ink-${(i % INKS) + 1}`} viewBox="0 0 22 4" aria-hidden="true">
                <path d="M0 2h22" strokeDasharray={['', '7 4', '2 3'][Math.floor(i % 3)]} />
              </svg>
              {title}
            </button>
            <span
              className="legend-value numbers"
              ref={(span) => {
                values.current[i] = span;
              }}
            >
              –
            </span>
          </li>
        ))}
      </ul>
      <div
        ref={place}
        className="chart-place"
        role="slider"
        tabIndex={0}
        aria-label={`Cursor in the chart of ${plot}; arrow keys move it`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={100}
        aria-valuetext="no points yet"
        onKeyDown={onKey}
        onBlur={() => handle.current?.leave()}
      />
      <ValueTable series={series} stream={stream} />
    </figure>
  );
};
