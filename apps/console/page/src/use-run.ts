/** The run that the address names, as React sees it. */
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { RunState } from '../../src/api.ts';
import { countFrames } from './frames.ts';
import { followRun, type RunStream, type RunView } from './run-stream.ts';

const NOTHING: RunView = { line: 'joining', run: null };
const never = (): (() => void) => () => undefined;

/** A followed run and what is known of it; no stream where the address names none. */
export interface Followed {
  readonly stream: RunStream | null;
  readonly view: RunView;
}

/** Whether the run is lost with the console that had it. */
export const isLost = ({ line }: RunView): boolean => line === 'restarted' || line === 'unknown';

export const isRunning = (run: RunState | null): boolean =>
  run !== null && (run.status === 'running' || run.status === 'stopping');

/**
 * Follows a run while it is shown.
 *
 * @param known what is known of it already, as the answer to its start
 */
export const useRun = (id: string | null, instance: string, known: RunState | null): Followed => {
  const [stream, setStream] = useState<{ readonly id: string; readonly of: RunStream } | null>(
    null,
  );
  // biome-ignore format: what is known counts at the start only
  useEffect(() => {
    if (id === null) {
      setStream(null);
      return undefined;
    }
    const of = followRun(id, instance, known?.id === id ? known : null);
    setStream({ id, of });
    return () => of.close();
  }, [id, instance]);
  // Between two runs the old stream is still there for one render.
  const current = stream !== null && stream.id === id ? stream.of : null;
  const before = useMemo(
    (): RunView => (known !== null && known.id === id ? { line: 'joining', run: known } : NOTHING),
    [known, id],
  );
  const view = useSyncExternalStore(current?.onView ?? never, current?.view ?? (() => before));
  const running = isRunning(view.run) && !isLost(view);
  useEffect(() => (running ? countFrames() : undefined), [running, id]);
  return { stream: current, view };
};
