/** One run: the same download first over one path, then with a path manager that makes a full mesh. */
import { fullMesh, openPathManager } from '@liquid/mptcp-pm';
import type { ScenarioError } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import type { InLab } from '../lab/run-in-lab.js';
import { type Download, download, serve } from './download.js';
import { HTTP_PORT, SERVER_ADDRESS } from './network.js';

export interface HttpInput {
  readonly rateMbps: number;
  readonly megabytes: number;
}

export interface HttpOutcome {
  readonly input: HttpInput;
  readonly one: Download;
  readonly two: Download;
  /** Subflows that the second download had. */
  readonly subflows: number;
}

export const runHttp = async (
  { context, defer, at }: InLab,
  input: HttpInput,
): Promise<E.Either<ScenarioError, HttpOutcome>> => {
  const { clock, point, progress, rng, signal } = context;
  const body = rng.fork('body').fill(new Uint8Array(Math.round(input.megabytes * 1e6)));
  const place = { address: SERVER_ADDRESS, port: HTTP_PORT };
  const server = await serve({ ...place, namespace: at('server') }, body)();
  if (E.isLeft(server)) return server;
  defer(server.right);

  const fetchOver = (
    series: string,
    before: number,
  ): Promise<E.Either<ScenarioError, Download>> => {
    const began = clock.nowMs();
    const client = { ...place, namespace: at('client') };
    return download(client, signal, (bytes) => {
      point(series, (clock.nowMs() - began) / 1000, bytes / 1e6);
      const done = Math.floor((before + bytes) / 1e5) / 10;
      progress({ done, total: 2 * input.megabytes, unit: 'MB', activity: series });
    })();
  };
  const one = await fetchOver('one-path', 0);
  if (E.isLeft(one)) return one;
  const opened = await openPathManager({
    namespace: at('client'),
    mode: 'manage',
    policies: [fullMesh()],
    clock,
  })();
  if (E.isLeft(opened)) return opened;
  defer(opened.right.stop);
  let subflows = 0;
  opened.right.events.onTag('Polled', () => {
    for (const connection of opened.right.view().connections()) {
      const established = connection.subflows.filter(({ phase }) => phase === 'established');
      subflows = Math.max(subflows, established.length);
    }
  });
  const two = await fetchOver('two-paths', body.length);
  if (E.isLeft(two)) return two;
  return E.right({ input, one: one.right, two: two.right, subflows });
};
