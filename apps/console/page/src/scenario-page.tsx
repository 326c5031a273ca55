/** A scenario: what it does, its inputs, and the run that the address names. */
import * as E from 'fp-ts/lib/Either.js';
import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import type { Catalogue, ListedScenario, RunState } from '../../src/api.ts';
import { runsHere } from './catalogue.ts';
import { changeControl, type Failure, startRun, stopRun } from './client.ts';
import { DropZone } from './drop-zone.tsx';
import type { FormValue } from './form-values.ts';
import { readValue } from './form-values.ts';
import { InputPanel } from './input-panel.tsx';
import { go, Link } from './navigation.tsx';
import { Needs } from './needs.tsx';
import { sentence } from './notice.tsx';
import { RecentRuns } from './recent-runs.tsx';
import { scenarioPath } from './route.ts';
import { RunPanel } from './run-panel.tsx';
import { TradeView } from './trade.tsx';
import { useForm } from './use-form.ts';
import { isLost, isRunning, useRun } from './use-run.ts';
import { DELIVERABLE, STATUS } from './words.ts';

interface ScenarioPageProps {
  readonly scenario: ListedScenario;
  readonly catalogue: Catalogue;
  readonly runId: string | null;
  readonly reload: () => Promise<Catalogue | null>;
}

/** Errors that a file causes. */
const FILE_FAULTS = new Set(['Decode', 'Corrupt', 'Truncated', 'Unsupported', 'LimitExceeded']);
/** Waits for more digits before a control is sent. */
const CONTROL_PAUSE_MS = 350;

export const ScenarioPage = (props: ScenarioPageProps): ReactNode => {
  const { scenario, catalogue, runId, reload } = props;
  const form = useForm(scenario, catalogue.uploadLimit);
  const [started, setStarted] = useState<RunState | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [starting, setStarting] = useState(false);
  const { stream, view } = useRun(runId, catalogue.instance, started);
  const { run } = view;
  const running = isRunning(run) && !isLost(view);
  const foreign = run !== null && run.scenario !== scenario.id;

  // A run that was found by its address brings its inputs along.
  const shownFor = useRef<string | null>(null);
  const { show, change, complain, giveFile } = form;
  const knownRun = run?.id ?? null;
  useEffect(() => {
    if (run === null || foreign || shownFor.current === run.id) return;
    shownFor.current = run.id;
    show(run.input);
  }, [knownRun, foreign, show]);

  // What another tab changes while the run goes on is shown here too.
  const typing = useRef(new Map<string, ReturnType<typeof setTimeout>>());
  useEffect(() => {
    if (run === null || foreign || !running) return;
    for (const input of scenario.inputs) {
      const value = run.input[input.name];
      if (!input.control || value === undefined || typing.current.has(input.name)) continue;
      change(input.name, typeof value === 'boolean' ? value : String(value));
    }
  }, [run?.input]);

  // A file that the run could not read is marked where it was given.
  const failed = run?.outcome?.ok === false && run.status === 'failed' ? run.outcome.error : null;
  const failedTag = failed?._tag ?? '';
  const failedWhy = failed === null ? '' : sentence(failed.message);
  useEffect(() => {
    const input = scenario.inputs.find(({ kind }) => kind === 'file');
    if (run === null || foreign || input === undefined || !FILE_FAULTS.has(failedTag)) return;
    if (typeof run.input[input.name] !== 'string') return;
    complain({ [input.name]: `The run could not read this file. ${failedWhy}` });
  }, [knownRun, failedTag, failedWhy, foreign, complain]);

  useEffect(() => {
    const word = run === null || foreign ? '' : `${STATUS[run.status]} · `;
    document.title = `${word}${scenario.title} · Liquid Net`;
  }, [run?.status, foreign, scenario.title]);

  const start = async (seed: string, resent = false): Promise<void> => {
    const input = form.read();
    if (input === null) {
      // After React has drawn the complaints.
      setTimeout(() => document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
      return;
    }
    setFailure(null);
    setStarting(true);
    const answer = await startRun({
      scenario: scenario.id,
      input,
      ...(seed.trim() === '' ? {} : { seed: seed.trim() }),
    });
    setStarting(false);
    if (E.isLeft(answer)) {
      // A console that was restarted has lost the files; this page may still have them.
      const lost = scenario.inputs.some(
        ({ kind, name }) => kind === 'file' && Object.hasOwn(answer.left.inputs, name),
      );
      if (lost && !resent && (await form.resend())) {
        await start(seed, true);
        return;
      }
      complain(
        Object.fromEntries(
          Object.entries(answer.left.inputs).map(([name, text]) => [name, sentence(text)]),
        ),
      );
      setFailure(answer.left);
      return;
    }
    shownFor.current = answer.right.id;
    setStarted(answer.right);
    go(scenarioPath(scenario.id, answer.right.id));
    // On a narrow screen the results stand below the form: the reader is taken there.
    const results = document.querySelector('.results');
    if (results !== null && results.getBoundingClientRect().top > 0.6 * innerHeight) {
      results.scrollIntoView();
    }
  };

  const stop = async (): Promise<void> => {
    if (run === null) return;
    const answer = await stopRun(run.id);
    if (E.isRight(answer)) stream?.take(answer.right);
    else setFailure(answer.left);
  };

  const startAgain = async (): Promise<void> => {
    setFailure(null);
    setStarting(true);
    const now = await reload();
    const sent = now !== null && (now.instance === catalogue.instance || (await form.resend()));
    setStarting(false);
    if (now === null) return;
    if (sent) await start('');
    else go(scenarioPath(scenario.id));
  };

  const edit = (name: string, value: FormValue): void => {
    change(name, value);
    const input = scenario.inputs.find((one) => one.name === name);
    if (run === null || !running || input === undefined || !input.control) return;
    clearTimeout(typing.current.get(name));
    const send = async (): Promise<void> => {
      const read = readValue(input, value);
      if ('error' in read) {
        typing.current.delete(name);
        complain({ [name]: read.error });
        return;
      }
      const answer = await changeControl(run.id, { name, value: read.json });
      typing.current.delete(name);
      if (E.isRight(answer)) stream?.take(answer.right);
      else complain({ [name]: sentence(answer.left.inputs[name] ?? answer.left.error.message) });
    };
    const pause = typeof value === 'boolean' || input.kind === 'choice' ? 0 : CONTROL_PAUSE_MS;
    typing.current.set(
      name,
      setTimeout(() => void send(), pause),
    );
  };

  const fileInput = scenario.inputs.find(({ kind }) => kind === 'file');
  const dropped = useCallback(
    (file: File) => {
      if (fileInput !== undefined) giveFile(fileInput.name, file);
    },
    [fileInput, giveFile],
  );

  return (
    <>
      <nav aria-label="Way back" className="crumbs">
        <Link to="/">
          <span aria-hidden="true">← </span>All tools
        </Link>
      </nav>
      <div className="scenario-head">
        <h1 tabIndex={-1}>{scenario.title}</h1>
        <p className="lead">{scenario.summary}</p>
        <div className="scenario-facts">
          <TradeView trade={scenario.trade} />
          <p className="muted">
            <code>{scenario.tool}</code> ·{' '}
            <abbr title={`Section ${scenario.section} of ${DELIVERABLE}`}>
              § {scenario.section}
            </abbr>
          </p>
        </div>
      </div>
      <Needs scenario={scenario} reload={reload} />
      <div className="scenario-body">
        <div className="scenario-side">
          <InputPanel
            scenario={scenario}
            form={form}
            run={foreign ? null : run}
            running={running && !foreign}
            starting={starting}
            runnable={runsHere(scenario)}
            failure={failure}
            onEdit={edit}
            onStart={(seed) => void start(seed)}
            onStop={() => void stop()}
          />
        </div>
        <div className="scenario-main">
          <RunPanel
            scenario={scenario}
            runId={runId}
            stream={foreign ? null : stream}
            view={foreign ? { line: 'unknown', run: null } : view}
            starting={starting}
            onAgain={() => void startAgain()}
            onRepeat={(seed) => void start(seed)}
          />
          <RecentRuns scenario={scenario} current={runId} status={run?.status ?? null} />
        </div>
      </div>
      <DropZone
        title={fileInput === undefined || running ? null : fileInput.title}
        onFile={dropped}
      />
    </>
  );
};
