/** One input of a scenario as a form shows it: label, control, what it means, what is wrong with it. */
import type { ReactNode } from 'react';
import type { ListedInput } from '../../src/api.ts';
import { type FieldIds, FileField, type FileFieldProps } from './file-field.tsx';
import { type FormValue, rangeOf } from './form-values.ts';

export interface FieldProps {
  readonly input: ListedInput;
  readonly value: FormValue;
  readonly error: string | undefined;
  readonly disabled: boolean;
  /** Whether it may be changed now because the run listens. */
  readonly live: boolean;
  readonly onChange: (value: FormValue) => void;
  readonly file: Omit<FileFieldProps, 'input' | 'value' | 'ids' | 'invalid' | 'disabled'>;
}

const text = (value: FormValue): string => (typeof value === 'string' ? value : '');

const capital = (title: string): string => title.charAt(0).toUpperCase() + title.slice(1);

const Control = (props: FieldProps & { readonly ids: FieldIds }): ReactNode => {
  const { input, value, error, disabled, onChange, ids, file } = props;
  const common = {
    id: ids.control,
    name: input.name,
    disabled,
    'aria-describedby': ids.describedBy,
    'aria-invalid': error === undefined ? undefined : true,
  } as const;
  switch (input.kind) {
    case 'choice':
      return (
        <select {...common} value={text(value)} onChange={(event) => onChange(event.target.value)}>
          {(input.choices ?? []).map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.title}
            </option>
          ))}
        </select>
      );
    case 'boolean':
      return (
        <input
          {...common}
          type="checkbox"
          role="switch"
          className="switch"
          checked={value === true}
          onChange={(event) => onChange(event.target.checked)}
        />
      );
    case 'file':
      return (
        <FileField
          {...file}
          input={input}
          value={value}
          ids={ids}
          disabled={disabled}
          invalid={error !== undefined}
        />
      );
    default:
      return (
        <span className="with-unit">
          <input
            {...common}
            type="text"
            inputMode={
              input.kind === 'integer' && (input.min ?? -1) >= 0
                ? 'numeric'
                : input.kind === 'number'
                  ? 'decimal'
                  : undefined
            }
            autoComplete="off"
            spellCheck={false}
            value={text(value)}
            onChange={(event) => onChange(event.target.value)}
          />
          {input.kind === 'quantity' || input.unit === null ? null : (
            <span className="unit">{input.unit}</span>
          )}
        </span>
      );
  }
};

export const Field = (props: FieldProps): ReactNode => {
  const { input, error, live } = props;
  const ids: FieldIds = {
    control: `input-${input.name}`,
    describedBy: `about-${input.name}${error === undefined ? '' : ` error-${input.name}`}`,
  };
  const range = rangeOf(input);
  return (
    <div className={`field field-${input.kind}${error === undefined ? '' : ' field-wrong'}`}>
      <div className="field-head">
        <label htmlFor={ids.control}>{capital(input.title)}</label>
        {live ? <span className="live-mark">change it live</span> : null}
        {range === '' ? null : <span className="range">{range}</span>}
      </div>
      <Control {...props} ids={ids} />
      {error === undefined ? null : (
        <p className="field-error" id={`error-${input.name}`}>
          {error}
        </p>
      )}
      <p className="field-about" id={`about-${input.name}`}>
        {input.description}
      </p>
    </div>
  );
};
