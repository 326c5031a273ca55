/** The form of a scenario: values that outlive a reload, files on their way, complaints. */
import * as E from 'fp-ts/lib/Either.js';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { ListedScenario } from '../../src/api.ts';
import { sendFile } from './client.ts';
import {
  type FormErrors,
  type FormValue,
  type FormValues,
  type GivenFile,
  judgeFile,
  readForm,
  valuesOf,
} from './form-values.ts';
import { formatBytes } from './format.ts';
import { sentence } from './notice.tsx';

export interface Form {
  readonly values: FormValues;
  readonly errors: FormErrors;
  readonly warnings: FormErrors;
  /** Shares of files on their way, by field. */
  readonly shares: Readonly<Record<string, number>>;
  readonly change: (name: string, value: FormValue) => void;
  readonly complain: (errors: FormErrors) => void;
  readonly giveFile: (name: string, file: File) => void;
  readonly removeFile: (name: string) => void;
  /** Shows another run's input. */
  readonly show: (json: Readonly<Record<string, unknown>>) => void;
  /** Reads it; null, with the complaints shown, where something is wrong. */
  readonly read: () => Readonly<Record<string, unknown>> | null;
  /** Sends the files again to a console that was restarted; false where one is no longer here. */
  readonly resend: () => Promise<boolean>;
  readonly reset: () => void;
}

const keyOf = (id: string): string => `lq-form-${id}`;

const isFile = (value: FormValue | undefined): value is GivenFile =>
  typeof value === 'object' && value !== null;

const stored = (scenario: ListedScenario): FormValues => {
  const values = valuesOf(scenario.inputs);
  try {
    const kept = JSON.parse(sessionStorage.getItem(keyOf(scenario.id)) ?? '{}') as unknown;
    if (typeof kept !== 'object' || kept === null) return values;
    const entries = Object.entries(kept).filter(
      // Texts and switches only: what files are called is known to the console, which may be another.
      ([name, value]) => Object.hasOwn(values, name) && typeof value === typeof values[name],
    );
    return { ...values, ...Object.fromEntries(entries) };
  } catch {
    return values;
  }
};

const keep = (scenario: ListedScenario, values: FormValues): void => {
  const plain = Object.entries(values).filter(([, value]) => typeof value !== 'object');
  try {
    sessionStorage.setItem(keyOf(scenario.id), JSON.stringify(Object.fromEntries(plain)));
  } catch {
    // Storage is switched off or full: a reload then shows the defaults.
  }
};

const without = <A>(record: Readonly<Record<string, A>>, name: string): Record<string, A> =>
  Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));

export const useForm = (scenario: ListedScenario, uploadLimit: number): Form => {
  const [values, setValues] = useState<FormValues>(() => stored(scenario));
  const [errors, setErrors] = useState<FormErrors>({});
  const [warnings, setWarnings] = useState<FormErrors>({});
  const [shares, setShares] = useState<Readonly<Record<string, number>>>({});
  const sending = useRef(new Map<string, AbortController>());
  /** The files themselves, by what the console calls them. */
  const files = useRef(new Map<string, File>());
  const inputs = scenario.inputs;
  /** The values as the next reading sees them, also before React has drawn them. */
  const latest = useRef(values);

  useEffect(() => keep(scenario, values), [scenario, values]);
  useEffect(() => {
    const all = sending.current;
    return () => {
      for (const one of all.values()) one.abort();
    };
  }, []);

  const set = useCallback((name: string, value: FormValue) => {
    latest.current = { ...latest.current, [name]: value };
    setValues(latest.current);
    setErrors((before) => without(before, name));
  }, []);

  const removeFile = useCallback(
    (name: string) => {
      sending.current.get(name)?.abort();
      set(name, null);
      setWarnings((before) => without(before, name));
    },
    [set],
  );

  const send = useCallback(
    async (name: string, file: File): Promise<boolean> => {
      sending.current.get(name)?.abort();
      const controller = new AbortController();
      sending.current.set(name, controller);
      set(name, { file: null, name: file.name, size: file.size });
      const onShare = (share: number): void => {
        if (!controller.signal.aborted) setShares((before) => ({ ...before, [name]: share }));
      };
      onShare(0);
      const answer = await sendFile(file, onShare, controller.signal);
      if (sending.current.get(name) !== controller) return false;
      sending.current.delete(name);
      setShares((before) => without(before, name));
      if (E.isRight(answer)) {
        files.current.set(answer.right.file, file);
        set(name, { file: answer.right.file, name: answer.right.name, size: answer.right.size });
        return true;
      }
      if (controller.signal.aborted) return false;
      const { error } = answer.left;
      const remedy = error.remedy === undefined ? '' : ` ${sentence(error.remedy)}`;
      set(name, null);
      setErrors((before) => ({ ...before, [name]: sentence(error.message) + remedy }));
      return false;
    },
    [set],
  );

  const giveFile = useCallback(
    (name: string, file: File) => {
      const input = inputs.find((one) => one.name === name);
      if (input === undefined) return;
      const judged = judgeFile(input, file, uploadLimit, formatBytes);
      setWarnings((before) => without(before, name));
      if (judged?.kind === 'error') {
        setErrors((before) => ({ ...before, [name]: judged.text }));
        return;
      }
      if (judged !== null) setWarnings((before) => ({ ...before, [name]: judged.text }));
      void send(name, file);
    },
    [inputs, uploadLimit, send],
  );

  const show = useCallback(
    (json: Readonly<Record<string, unknown>>) => {
      const next = valuesOf(inputs, json);
      latest.current = Object.fromEntries(
        Object.entries(next).map(([name, value]) => {
          const old = latest.current[name];
          // The console knows what a file is called; how long it is, only this page.
          return [name, isFile(value) && isFile(old) && old.file === value.file ? old : value];
        }),
      );
      setValues(latest.current);
      setErrors({});
      setWarnings({});
    },
    [inputs],
  );

  const resend = useCallback(async () => {
    const again = Object.entries(latest.current).filter(([, value]) => isFile(value));
    const sent = await Promise.all(
      again.map(([name, value]) => {
        const file = isFile(value) ? files.current.get(value.file ?? '') : undefined;
        if (file !== undefined) return send(name, file);
        set(name, null);
        setErrors((before) => ({
          ...before,
          [name]: 'Give the file again: the console that had it was restarted.',
        }));
        return false;
      }),
    );
    return sent.every(Boolean);
  }, [send, set]);

  return {
    values,
    errors,
    warnings,
    shares,
    change: set,
    complain: setErrors,
    giveFile,
    removeFile,
    show,
    resend,
    read: () => {
      const { input, errors: found } = readForm(inputs, latest.current);
      setErrors(found);
      return Object.keys(found).length === 0 ? input : null;
    },
    reset: () => show({}),
  };
};
