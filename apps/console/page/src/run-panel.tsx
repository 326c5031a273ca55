/** A run: how it stands, what it shows while it goes on, what came out, and how to do it again. */
import { type ReactNode, useEffect, useState } from 'react';
import type { ListedScenario, RunState } from '../../src/api.ts';
import { Announcer } from './announcer.tsx';
import { runsHere } from './catalogue.ts';
import { Charts } from './charts.tsx';
import { formatDuration } from './format.ts';
import { ErrorText, Notice } from './notice.tsx';
import { ProgressView } from './progress-view.tsx';
import { Repeat } from './repeat.tsx';
import { Headline, Details } from './report.tsx';
import type { RunStream, RunView } from './run-stream.ts';
import { isLost, isRunning } from './use-run.ts';
import { STATUS } from './words.ts';

interface RunPanelProps {
  readonly scenario: ListedScenario;
  readonly runId: string | null;
  readonly stream: RunStream | null;
  readonly view: RunView;
  readonly starting: boolean;
  /** Starts anew with the inputs of the form. */
  readonly onAgain: () => void;
  /** Starts anew with a seed. */
  readonly onRepeat: (seed: string) => void;
}

const Empty = ({ scenario }: { readonly scenario: ListedScenario }): ReactNode => {
  const plots = [...new Set(scenario.series.map(({ plot }) => plot))];
  return (
    <div className="empty">
      <h2>Nothing has run yet</h2>
      <p>
        {!runsHere(scenario)
          ? 'It can’t run here yet; the notice above says what it needs.'
          : scenario.inputs.length === 0
            ? 'Press Run.'
            : 'The inputs are filled in already: press Run to see it, then change what you like.'}
      </p>
      <p className="muted">
        You will see{plots.length === 0 ? '' : ` ${plots.join(', ')} drawn live,`} what came out,
        and how it compares with what was published.
      </p>
    </div>
  );
};

/** The notice over a run whose line is not well. */
const LineNotice = ({
  line,
  onAgain,
  starting,
}: {
  readonly line: RunView['line'];
  readonly onAgain: () => void;
  readonly starting: boolean;
}): ReactNode => {
  const again = (
    <p>
      <button type="button" className="button button-primary" disabled={starting} onClick={onAgain}>
        Run again with the same inputs
      </button>
    </p>
  );
  switch (line) {
    case 'broken':
      return (
        <Notice kind="info" title="Reconnecting …">
          <p>The connection to the console broke. The run goes on; the page joins it again.</p>
        </Notice>
      );
    case 'silent':
      return (
        <Notice kind="warning" title="The console does not answer" spoken>
          <p>
            It was probably stopped. Look into the terminal where <code>npm start</code> ran:
            started again it prints its new address, which may be another one. Meanwhile this page
            keeps trying.
          </p>
        </Notice>
      );
    case 'restarted':
      return (
        <Notice kind="warning" title="The console was restarted, and this run is gone" spoken>
          <p>Runs live as long as the console that started them. Your inputs are still here.</p>
          {again}
        </Notice>
      );
    case 'unknown':
      return (
        <Notice kind="warning" title="This run is not there any more" spoken>
          <p>The console keeps the newest runs only, and none when it is restarted.</p>
          {again}
        </Notice>
      );
    default:
      return null;
  }
};

/** Milliseconds that a run has taken so far; drawn anew ten times a second at most. */
const useElapsed = (run: RunState | null, running: boolean): number | null => {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!running) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 200);
    return () => clearInterval(timer);
  }, [running]);
  if (run === null) return null;
  return Math.max(0, (run.endedAtMs ?? now) - run.startedAtMs);
};

const Log = ({ run }: { readonly run: RunState }): ReactNode =>
  run.log.length === 0 ? null : (
    <details className="log">
      <summary>
        Log{' '}
        <span className="muted">
          ({run.log.length === 1 ? '1 line' : `${run.log.length} lines`})
        </span>
      </summary>
      <ol tabIndex={0} aria-label="Log lines">
        {run.log.map((line, index) => (
          // Lines only ever join at the end.
          <li key={index} className={`log-${line.level}`}>
            <span className="log-level">{line.level}</span>{' '}
            <span className="breaks">{line.message}</span>
          </li>
        ))}
      </ol>
    </details>
  );

const FAILURES = { failed: 'The run failed', stopped: 'The run was stopped' } as const;

export const RunPanel = (props: RunPanelProps): ReactNode => {
  const { scenario, runId, stream, view, starting, onAgain, onRepeat } = props;
  const { line, run } = view;
  const running = isRunning(run) && !isLost(view);
  const elapsed = useElapsed(run, running);
  if (runId === null) {
    return (
      <section className="results" aria-label="Results">
        <Empty scenario={scenario} />
      </section>
    );
  }
  const report = run?.outcome?.ok === true ? run.outcome.result.report : null;
  const error = run?.outcome?.ok === false ? run.outcome.error : null;
  return (
    <section className="results" aria-label="Results">
      <Announcer run={run} line={line} />
      <LineNotice line={line} onAgain={onAgain} starting={starting} />
      {run === null ? (
        line === 'joining' ? (
          <p className="loading">Looking for the run …</p>
        ) : null
      ) : (
        <>
          <div className="run-status">
            <p className={`badge badge-${running || !isRunning(run) ? run.status : 'lost'}`}>
              <span
                className={`dot dot-${running || !isRunning(run) ? run.status : 'stopped'}`}
                aria-hidden="true"
              />
              {running || !isRunning(run) ? STATUS[run.status] : 'Lost'}
            </p>
            {elapsed === null || isLost(view) ? null : (
              <p className="muted numbers">{formatDuration(elapsed)}</p>
            )}
            {running ? <ProgressView progress={run.progress} /> : null}
          </div>
          {error === null ||
          (run.status !== 'failed' && run.status !== 'stopped') ? null : run.status ===
            'stopped' ? (
            <Notice kind="info" title={FAILURES.stopped}>
              <p>What it had shown until then stays below.</p>
            </Notice>
          ) : (
            <Notice kind="error" title={FAILURES.failed}>
              <ErrorText error={error} />
            </Notice>
          )}
          {report === null ? null : <Headline report={report} />}
          {stream === null ? null : (
            <Charts key={run.id} scenario={scenario} stream={stream} run={run} />
          )}
          {report === null ? null : <Details report={report} />}
          <Repeat
            run={run}
            lost={isLost(view)}
            scenario={scenario}
            starting={starting}
            onRepeat={onRepeat}
          />
          <Log run={run} />
        </>
      )}
    </section>
  );
};
