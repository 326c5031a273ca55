/** A file of the reader: a button and a drop zone, how far it is sent, and a way back to the sample. */
import { type ReactNode, useRef } from 'react';
import type { ListedInput } from '../../src/api.ts';
import type { FormValue } from './form-values.ts';
import { formatBytes } from './format.ts';

/** Ids of a field's parts, for labels and descriptions. */
export interface FieldIds {
  readonly control: string;
  readonly describedBy: string;
}

export interface FileFieldProps {
  readonly input: ListedInput;
  readonly value: FormValue;
  readonly ids: FieldIds;
  readonly disabled: boolean;
  readonly invalid: boolean;
  /** The share that is sent while a file is on its way. */
  readonly share: number | null;
  /** What to mind about the file. */
  readonly warning: string | undefined;
  readonly onFile: (file: File) => void;
  readonly onRemove: () => void;
}

export const FileField = (props: FileFieldProps): ReactNode => {
  const { input, value, ids, disabled, invalid, share, warning, onFile, onRemove } = props;
  const chooser = useRef<HTMLInputElement>(null);
  const given = typeof value === 'object' ? value : null;
  return (
    <div className={given === null ? 'file' : 'file file-given'}>
      {given === null ? null : (
        <div className="file-name">
          <span className="breaks">{given.name}</span>
          {given.size === null ? null : <span className="muted">{formatBytes(given.size)}</span>}
        </div>
      )}
      {share === null ? null : (
        <progress
          className="bar"
          value={share}
          max={1}
          aria-label={`Sending ${given?.name ?? ''}`}
        />
      )}
      {warning === undefined ? null : <p className="file-warning">{warning}</p>}
      <div className="file-actions">
        <input
          ref={chooser}
          id={ids.control}
          type="file"
          className="file-input"
          disabled={disabled}
          accept={input.accepts?.join(',')}
          aria-describedby={ids.describedBy}
          aria-invalid={invalid ? true : undefined}
          onChange={(event) => {
            const [file] = event.target.files ?? [];
            if (file !== undefined) onFile(file);
            // The same file may be chosen again after it was changed.
            event.target.value = '';
          }}
        />
        {/* The input is what the keyboard reaches; this is its picture. */}
        <span className="button button-small file-button" aria-hidden="true">
          {given === null ? 'Choose a file' : 'Choose another'}
        </span>
        {given === null ? (
          <span className="muted file-or">or drop it anywhere on this page</span>
        ) : (
          <button
            type="button"
            className="button button-small button-quiet"
            disabled={disabled}
            onClick={() => {
              onRemove();
              chooser.current?.focus();
            }}
          >
            {share === null ? 'Remove' : 'Cancel'}
          </button>
        )}
      </div>
    </div>
  );
};
