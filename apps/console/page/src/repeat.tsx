/** How to have the same again: the command line, the seed, and the results as files. */
import { type ReactNode, useEffect, useState } from 'react';
import type { ListedScenario, RunState } from '../../src/api.ts';
import { downloads } from './client.ts';
import { isRunning } from './use-run.ts';

interface RepeatProps {
  readonly run: RunState;
  /** Whether the console no longer has it: nothing can be downloaded then. */
  readonly lost: boolean;
  readonly scenario: ListedScenario;
  readonly starting: boolean;
  readonly onRepeat: (seed: string) => void;
}

/** How long the button says that it was done. */
const SAID_MS = 2000;

const CopyButton = ({ text }: { readonly text: string }): ReactNode => {
  const [said, setSaid] = useState<'copied' | 'failed' | null>(null);
  useEffect(() => {
    if (said === null) return undefined;
    const timer = setTimeout(() => setSaid(null), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid('copied');
    } catch {
      setSaid('failed');
    }
  };
  return (
    <>
      <button type="button" className="button button-small" onClick={() => void copy()}>
        {said === 'copied' ? 'Copied' : said === 'failed' ? 'Select it by hand' : 'Copy'}
        <span className="hidden"> the command line</span>
      </button>
      <span className="hidden" role="status">
        {said === 'copied' ? 'The command line was copied.' : ''}
      </span>
    </>
  );
};

export const Repeat = ({ run, lost, scenario, starting, onRepeat }: RepeatProps): ReactNode => {
  const plots = [...new Set(scenario.series.map(({ plot }) => plot))];
  const points = Object.values(run.points).some((count) => count > 0);
  const report = run.outcome?.ok === true;
  return (
    <section className="repeat" aria-labelledby="repeat-title">
      <h2 id="repeat-title">Take it with you</h2>
      <p className="repeat-label" id="command-label">
        The same in the terminal
      </p>
      <div className="command">
        <pre tabIndex={0} role="group" aria-labelledby="command-label">
          <code>{run.command}</code>
        </pre>
        <CopyButton text={run.command} />
      </div>
      <div className="repeat-row">
        <p>
          Seed <code>{run.seed}</code>
        </p>
        {isRunning(run) && !lost ? null : (
          <button
            type="button"
            className="button button-small button-quiet"
            disabled={starting}
            onClick={() => onRepeat(run.seed)}
          >
            Repeat with this seed
          </button>
        )}
      </div>
      {isRunning(run) || lost || (!report && !points) ? null : (
        <ul className="downloads" aria-label="Downloads">
          {report ? (
            <li>
              <a href={downloads.report(run.id)} download>
                Report <span className="muted">JSON</span>
              </a>
            </li>
          ) : null}
          {points ? (
            <>
              <li>
                <a href={downloads.series(run.id)} download>
                  All points <span className="muted">CSV</span>
                </a>
              </li>
              {plots.map((plot, index) => (
                <li key={plot}>
                  <a href={downloads.plot(run.id, index)} download>
                    Chart of {plot} <span className="muted">SVG</span>
                  </a>
                </li>
              ))}
            </>
          ) : null}
        </ul>
      )}
    </section>
  );
};
