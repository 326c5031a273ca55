/** Opening a netlink socket: its descriptors, put together as one running thing. */

import { openRunning } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import * as t from 'io-ts';
import type { NetlinkError } from './errors.js';
import type { Counters, Shared } from './internal/counters.js';
import { Dumps } from './internal/dump.js';
import { Exchange } from './internal/exchange.js';
import { Multicast } from './internal/multicast.js';
import { namespacePathOf, transportFor } from './internal/where.js';
import type { NetlinkEvent, NetlinkOptions, NetlinkSocket, NetlinkStats } from './socket.js';
import type { Channel } from './transport.js';

const DEFAULT_RECEIVE_BUFFER = 4 * 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 5000;

const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;

const statsCodec: t.Type<NetlinkStats, unknown, unknown> = t.readonly(
  t.type({
    requests: t.number,
    refusals: t.number,
    multicasts: t.number,
    overruns: t.number,
    bytesReceived: t.number,
  }),
);

/** Asks for what older kernels may lack: what they refuse is done without. */
const withExtensions = (channel: Channel): Channel => {
  for (const option of [NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK]) {
    channel.setOption(SOL_NETLINK, option, 1);
  }
  return channel;
};

/**
 * Opens a netlink socket. It takes one descriptor for requests at once, and one each for dumps and
 * for multicasts when they are first needed; `stop` gives all of them back. Extended
 * acknowledgements and strict checks are asked for where the kernel has them.
 *
 * Left `Unsupported` where no transport works (with the remedy) or the kernel lacks the family,
 * `NotFound` where the namespace doesn't exist, `Permission` where it may not be entered.
 *
 * @example
 * ```ts no-run
 * import * as E from 'fp-ts/lib/Either.js'
 * import { MessageWriter, NETLINK, openNetlink } from '@liquid/netlink'
 *
 * const opened = await openNetlink({ protocol: NETLINK.ROUTE })()
 * if (E.isRight(opened)) {
 *   await using socket = opened.right
 *   const getLinks = new MessageWriter().begin(18, 0)
 *   getLinks.raw(16) // struct ifinfomsg
 *   let links = 0
 *   await socket.dump(getLinks, () => links++)()
 *   console.log(links)
 * }
 * ```
 * @since 0.1.0
 */
export const openNetlink = (options: NetlinkOptions): TaskEither<NetlinkError, NetlinkSocket> => {
  const { protocol, keepAlive = true, timeoutMs = DEFAULT_TIMEOUT_MS, signal } = options;
  return openRunning<NetlinkEvent, NetlinkStats>()(
    { what: 'netlink socket', statsCodec, signal },
    (scope) => async () => {
      const transport = transportFor(options.transport);
      if (E.isLeft(transport)) return transport;
      const namespacePath = namespacePathOf(options.namespace);
      const open = (receiveBufferBytes?: number): E.Either<NetlinkError, Channel> =>
        transport.right.openChannel({ protocol, namespacePath, receiveBufferBytes });
      const requests = E.map(withExtensions)(open());
      if (E.isLeft(requests)) return requests;

      const counters: Counters = {
        requests: 0,
        refusals: 0,
        multicasts: 0,
        overruns: 0,
        bytesReceived: 0,
      };
      const shared: Shared = { counters, emit: scope.emit };
      const exchange = new Exchange(requests.right, shared, timeoutMs);
      scope.defer(TE.fromIO(() => exchange.close()));
      const dumps = new Dumps(() => E.map(withExtensions)(open()), shared, timeoutMs);
      scope.defer(TE.fromIO(() => dumps.close()));
      const multicast = new Multicast(
        () => open(options.receiveBufferBytes ?? DEFAULT_RECEIVE_BUFFER),
        shared,
        scope.fail,
        keepAlive,
        exchange,
      );
      scope.defer(TE.fromIO(() => multicast.close()));

      const part: Pick<
        NetlinkSocket,
        | 'transport'
        | 'call'
        | 'refusal'
        | 'request'
        | 'dump'
        | 'subscribe'
        | 'arm'
        | 'disarm'
        | 'triggered'
      > = {
        transport: transport.right.name,
        call: (request, onMessage) => exchange.call(request, onMessage),
        refusal: (code, what = 'netlink request') => exchange.refusal(code, what),
        request: (request, onMessage) => exchange.request(request.finish().slice(), onMessage),
        dump: (request, onMessage, onRestart) => {
          const bytes = request.finish().slice();
          return () => dumps.dump({ bytes, onMessage, onRestart });
        },
        subscribe: (group, onMessage) => multicast.subscribe(group, onMessage),
        arm: (expected, request) => multicast.arm(expected, request),
        disarm: () => multicast.disarm(),
        triggered: () => exchange.triggered,
      };
      return E.right({ ...part, stats: () => ({ ...counters }) });
    },
  );
};
