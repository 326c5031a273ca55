/** The frame of every scenario: a network for the length of the run, and nothing left of it afterwards. */
import { type Netlab, type NetworkDescription, sweep, useNetlab } from '@liquid/netlab';
import { abortedBy, renderError } from '@liquid/types';
import type { Report, ScenarioContext, ScenarioError } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import { closing, type Defer } from './closers.js';

/** What a run is made with. */
export interface InLab {
  readonly lab: Netlab;
  readonly context: ScenarioContext;
  readonly defer: Defer;
  /** The namespace of a host. */
  readonly at: (node: string) => string;
}

/** Makes the network, runs, and takes everything away, also when the run fails or is stopped. */
export const runInLab =
  (
    what: string,
    network: NetworkDescription,
    context: ScenarioContext,
    run: (inside: InLab) => Promise<E.Either<ScenarioError, Report>>,
  ): TaskEither<ScenarioError, Report> =>
  async () => {
    const { signal, logger } = context;
    // What killed runs have left is nobody's: it is taken away before a new network is made.
    const swept = await sweep();
    if (E.isLeft(swept)) logger.warn({ error: renderError(swept.left) }, 'sweeping failed');
    const report = await useNetlab(network, { signal, logger }, (lab) => () => {
      const at = (node: string): string => {
        const namespace = lab.namespaceOf(node);
        if (E.isLeft(namespace)) throw new Error(`bug: ${namespace.left.message}`);
        return namespace.right;
      };
      return closing((defer) => run({ lab, context, defer, at }));
    })();
    // A lab that was stopped takes all with it; why things ended is known.
    return signal.aborted && E.isLeft(report) ? E.left(abortedBy(what, signal)) : report;
  };
