/** The live charts of a run, one a plot, in the order in which the scenario declares them. */
import type { Series } from '@liquid/types/scenario';
import { type ComponentType, type ReactNode, useEffect, useMemo, useState } from 'react';
import type { ListedScenario, RunState } from '../../src/api.ts';
import type { ChartProps } from './chart.tsx';
import { Notice } from './notice.tsx';
import type { RunStream } from './run-stream.ts';
import { isRunning } from './use-run.ts';

interface ChartsProps {
  readonly scenario: ListedScenario;
  readonly stream: RunStream;
  readonly run: RunState;
}

/** A plot and the series in it. */
const plotsOf = (
  series: ReadonlyArray<Series>,
): ReadonlyArray<readonly [string, ReadonlyArray<Series>]> =>
  [...new Set(series.map(({ plot }) => plot))].map((plot) => [
    plot,
    series.filter((one) => one.plot === plot),
  ]);

export const Charts = ({ scenario, stream, run }: ChartsProps): ReactNode => {
  // What draws charts is a third of the page: it comes when there is something to draw.
  const [Chart, setChart] = useState<ComponentType<ChartProps> | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let gone = false;
    import('./chart.tsx').then(
      (module) => {
        if (!gone) setChart(() => module.Chart);
      },
      () => setFailed(true),
    );
    return () => {
      gone = true;
    };
  }, []);
  const plots = useMemo(() => plotsOf(scenario.series), [scenario.series]);
  if (plots.length === 0) return null;
  const silent = Object.values(run.points).every((count) => count === 0) && !isRunning(run);
  if (silent) return <p className="muted">This run drew no points.</p>;
  if (failed) {
    return (
      <Notice kind="warning" title="The charts could not be loaded">
        <p>The console may be of another version than this page, or gone. Reload the page.</p>
      </Notice>
    );
  }
  return (
    <div className="charts">
      {plots.map(([plot, series]) =>
        Chart === null ? (
          <div key={plot} className="chart chart-waiting" />
        ) : (
          <Chart key={plot} plot={plot} series={series} stream={stream} />
        ),
      )}
      {run.thinned ? (
        <p className="muted">
          There are more points than can be kept: neighbours were merged, the lowest and the highest
          of each group stay.
        </p>
      ) : null}
    </div>
  );
};
