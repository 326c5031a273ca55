/** A stream from the client to the server, with what each side says of it. */

import type { AnyPolicy, PathManager } from '@liquid/mptcp-pm';
import { openPathManager } from '@liquid/mptcp-pm';
import type { Netlab, RunningProcess } from '@liquid/netlab';
import { SERVER } from './links.ts';
import { messageOf, right, script } from './machine.ts';

export const PORT = 5000;

/** What the sink says of a stream that came to its end. */
export interface Received {
  readonly bytes: number;
  readonly ms: number;
  readonly sha256: string;
}

/** What the source says when all is acknowledged. */
export interface Sent {
  readonly ms: number;
  readonly sha256: string;
}

export interface Transfer {
  /** When both sides have said their word. */
  readonly done: Promise<{ readonly sent: Sent; readonly received: Received }>;
  readonly source: RunningProcess;
  readonly sink: RunningProcess;
}

/** The manager of the client's connections, in this process. */
export const manage = async (
  lab: Netlab,
  policies: ReadonlyArray<AnyPolicy>,
  pollMs?: number,
): Promise<PathManager> => {
  const namespace = right(lab.namespaceOf('client'));
  return right(
    await openPathManager({ namespace, policies, ...(pollMs === undefined ? {} : { pollMs }) })(),
  );
};

const word = async <A>(running: RunningProcess, key: string): Promise<A> => {
  for await (const event of running.events) {
    if (event._tag === 'Exit') break;
    if (event._tag !== 'Message' || typeof event.message !== 'object') continue;
    const said = event.message as Readonly<Record<string, unknown>>;
    if ('error' in said) throw new Error(String(said['error']));
    if (key in said) return said as A;
  }
  throw new Error(`it ended without ${key}`);
};

/**
 * Begins to send; gives back once it is connected.
 *
 * @param rateBps - of the application; 0: as fast as it goes
 */
export const beginTransfer = async (lab: Netlab, bytes: number, rateBps = 0): Promise<Transfer> => {
  const sink = right(await lab.spawnNode('server', script('sink.ts'), { args: [String(PORT)] })());
  await messageOf(sink);
  const source = right(
    await lab.spawnNode('client', script('source.ts'), {
      args: [SERVER, String(PORT), String(bytes), String(Math.round(rateBps))],
    })(),
  );
  const both = Promise.all([word<Sent>(source, 'sha256'), word<Received>(sink, 'sha256')]);
  await messageOf(source);
  const done = both.then(([sent, received]) => ({ sent, received }));
  // Whoever stops the workers before their end doesn't wait for it.
  done.catch(() => undefined);
  return { done, source, sink };
};
