/** The form of a scenario with Run and Stop. */
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { ListedScenario, RunState } from '../../src/api.ts';
import type { Failure } from './client.ts';
import { Field } from './field.tsx';
import type { FormValue } from './form-values.ts';
import { ErrorText, Notice } from './notice.tsx';
import type { Form } from './use-form.ts';

interface InputPanelProps {
  readonly scenario: ListedScenario;
  readonly form: Form;
  readonly run: RunState | null;
  readonly running: boolean;
  readonly starting: boolean;
  /** Whether this machine has what it needs. */
  readonly runnable: boolean;
  readonly failure: Failure | null;
  readonly onEdit: (name: string, value: FormValue) => void;
  readonly onStart: (seed: string) => void;
  readonly onStop: () => void;
}

export const InputPanel = (props: InputPanelProps): ReactNode => {
  const { scenario, form, run, running, starting, runnable, failure } = props;
  const [seed, setSeed] = useState('');
  // Enter in a field starts a run too, and the run closes the field: the focus goes on to Stop.
  const stop = useRef<HTMLButtonElement>(null);
  const launched = useRef(false);
  useEffect(() => {
    if (!running || !launched.current) return;
    launched.current = false;
    const focused = document.activeElement;
    if (focused === null || focused === document.body || focused.matches(':disabled')) {
      stop.current?.focus({ preventScroll: true });
    }
  }, [running]);
  const seedWrong = seed.trim() !== '' && !/^\d{1,19}$/.test(seed.trim());
  const sending = Object.keys(form.shares).length > 0;
  const reason = !runnable
    ? 'It can’t run here yet: see what it needs, above.'
    : sending
      ? 'The file is still on its way.'
      : null;
  const blocked = reason !== null || starting;
  const controls = scenario.inputs.filter(({ control }) => control);
  // Refusals of single inputs stand at their fields.
  const elsewhere =
    failure !== null &&
    !Object.keys(failure.inputs).some((name) => scenario.inputs.some((one) => one.name === name));

  return (
    <form
      className="panel"
      noValidate
      aria-labelledby="inputs-title"
      onSubmit={(event) => {
        event.preventDefault();
        if (blocked || running || seedWrong) return;
        launched.current = true;
        props.onStart(seed);
      }}
    >
      <div className="actions">
        <h2 id="inputs-title">Inputs</h2>
        {running ? (
          <button
            ref={stop}
            type="button"
            className="button button-stop"
            aria-disabled={run?.status === 'stopping' ? true : undefined}
            onClick={(event) => {
              // It stands where Run stood: the second half of a double click is no wish to stop.
              if (event.detail < 2 && run?.status === 'running') props.onStop();
            }}
          >
            {run?.status === 'stopping' ? 'Stopping …' : 'Stop'}
          </button>
        ) : (
          <button
            type="submit"
            className="button button-primary button-large"
            aria-disabled={blocked ? true : undefined}
            aria-describedby={reason === null ? undefined : 'run-reason'}
          >
            {starting ? 'Starting …' : run === null ? 'Run' : 'Run again'}
          </button>
        )}
        {reason === null || running ? null : (
          <p className="run-reason" id="run-reason">
            {reason}
          </p>
        )}
      </div>
      {elsewhere && failure !== null ? (
        <Notice kind="error" title="It did not work" spoken>
          <ErrorText error={failure.error} />
        </Notice>
      ) : null}
      {running && controls.length > 0 ? (
        <p className="panel-hint">
          Change {controls.map(({ title }) => title).join(', ')} now and watch what happens.
        </p>
      ) : null}
      {scenario.inputs.length === 0 ? <p className="muted">It takes none.</p> : null}
      {scenario.inputs.map((input) => (
        <Field
          key={input.name}
          input={input}
          value={form.values[input.name] ?? null}
          error={form.errors[input.name]}
          disabled={running && !input.control}
          live={input.control && running}
          onChange={(value) => props.onEdit(input.name, value)}
          file={{
            share: form.shares[input.name] ?? null,
            warning: form.warnings[input.name],
            onFile: (file) => form.giveFile(input.name, file),
            onRemove: () => form.removeFile(input.name),
          }}
        />
      ))}
      <details className="more">
        <summary>Repeat chance exactly</summary>
        <div className={seedWrong ? 'field field-wrong' : 'field'}>
          <div className="field-head">
            <label htmlFor="seed">Seed</label>
          </div>
          <input
            id="seed"
            type="text"
            inputMode="numeric"
            autoComplete="off"
            value={seed}
            disabled={running}
            placeholder="drawn anew"
            aria-invalid={seedWrong ? true : undefined}
            aria-describedby={seedWrong ? 'seed-error about-seed' : 'about-seed'}
            onChange={(event) => setSeed(event.target.value)}
          />
          {seedWrong ? (
            <p className="field-error" id="seed-error">
              Give a whole number of at most 19 digits, or nothing.
            </p>
          ) : null}
          <p className="field-about" id="about-seed">
            The number that all chance of a run comes from. The same seed repeats the run.
          </p>
        </div>
      </details>
      {running || scenario.inputs.length === 0 ? null : (
        <button
          type="button"
          className="button button-small button-quiet panel-reset"
          onClick={form.reset}
        >
          Reset to the defaults
        </button>
      )}
    </form>
  );
};
