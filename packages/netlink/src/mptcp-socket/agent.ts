/** Ordinary HTTP over MPTCP: agents that connect by it. */

import { Agent, type AgentOptions, type ClientRequestArgs } from 'node:http';
import type { Duplex } from 'node:stream';
import { renderError } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { connectMptcp, type ConnectMptcpOptions } from './connect.js';
import type { MptcpSocketError } from './error.js';

/** How an agent connects: as {@link ConnectMptcpOptions}, but for the peer, which each request names. @since 0.1.0 */
export type MptcpAgentOptions = Omit<ConnectMptcpOptions, 'host' | 'port' | 'signal'> & {
  /** Options of Node's own `http.Agent`, as `keepAlive` and `maxSockets`. */
  readonly agent?: AgentOptions;
};

/** What Node's HTTP client expects to be told, as an exception that it emits. */
const asException = (error: MptcpSocketError): Error =>
  Object.assign(new Error(renderError(error), { cause: error }), {
    code: 'code' in error && error.code !== undefined ? error.code : error._tag,
  });

class MptcpAgent extends Agent {
  readonly #options: MptcpAgentOptions;

  constructor(options: MptcpAgentOptions) {
    super(options.agent);
    this.#options = options;
  }

  override createConnection(
    request: ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const { agent: _, ...options } = this.#options;
    const local = request.localAddress === undefined ? {} : { localAddress: request.localAddress };
    const connecting = connectMptcp({
      ...options,
      ...local,
      host: request.host ?? request.hostname ?? 'localhost',
      port: Number(request.port ?? request.defaultPort ?? 80),
    })();
    void connecting.then((result) => {
      // The client takes either; its types want a stream beside an error too.
      if (E.isLeft(result)) callback?.(asException(result.left), undefined as unknown as Duplex);
      else callback?.(null, result.right);
    });
    return undefined;
  }
}

/**
 * An agent for Node's own HTTP client that connects by MPTCP, as an ordinary `http.get` with
 * `{ agent }`. A failure comes as the request's `error`, its `cause` the typed error. Servers that
 * don't speak MPTCP are reached by plain TCP unless `fallback: 'refuse'`.
 *
 * @example
 * ```ts no-run
 * import { get } from 'node:http'
 * import { mptcpAgent } from '@liquid/netlink/mptcp-socket'
 *
 * const agent = mptcpAgent({ agent: { keepAlive: true } })
 * get('http://example.org/', { agent }, (response) => response.pipe(process.stdout))
 * ```
 * @since 0.1.0
 */
export const mptcpAgent = (options: MptcpAgentOptions = {}): Agent => new MptcpAgent(options);
