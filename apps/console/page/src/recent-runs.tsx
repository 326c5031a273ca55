/** Earlier runs of a scenario that the console still has. */
import * as E from 'fp-ts/lib/Either.js';
import { type ReactNode, useEffect, useState } from 'react';
import type { ListedScenario, RunState } from '../../src/api.ts';
import { getRuns } from './client.ts';
import { formatDuration, formatMoment } from './format.ts';
import { Link } from './navigation.tsx';
import { scenarioPath } from './route.ts';
import { STATUS } from './words.ts';

interface RecentRunsProps {
  readonly scenario: ListedScenario;
  readonly current: string | null;
  /** How the shown run stands: when it changes, the list is asked anew. */
  readonly status: RunState['status'] | null;
}

const tookOf = ({ startedAtMs, endedAtMs }: RunState): string =>
  endedAtMs === null ? 'still running' : formatDuration(endedAtMs - startedAtMs);

export const RecentRuns = ({ scenario, current, status }: RecentRunsProps): ReactNode => {
  const [runs, setRuns] = useState<ReadonlyArray<RunState>>([]);
  useEffect(() => {
    let gone = false;
    const ask = async (): Promise<void> => {
      const answer = await getRuns();
      if (!gone && E.isRight(answer)) {
        setRuns(answer.right.filter((run) => run.scenario === scenario.id));
      }
    };
    const onVisible = (): void => {
      if (!document.hidden) void ask();
    };
    void ask();
    document.addEventListener('visibilitychange', onVisible);
    return () => {
      gone = true;
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [scenario.id, current, status]);
  if (runs.length === 0) return null;
  const now = Date.now();
  return (
    <section className="recent" aria-labelledby="recent-title">
      <h2 id="recent-title">Recent runs</h2>
      <ul>
        {runs.map((run) => (
          <li key={run.id}>
            <Link to={scenarioPath(scenario.id, run.id)} current={run.id === current}>
              <span className={`dot dot-${run.status}`} aria-hidden="true" />
              <span>{STATUS[run.status]}</span>
              <span className="muted">{tookOf(run)}</span>
              <time dateTime={new Date(run.startedAtMs).toISOString()}>
                {formatMoment(run.startedAtMs, now)}
              </time>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
};
