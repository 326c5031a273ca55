/** Resets by a middlebox: a router that answers the segments of chosen connections with a RST, or turns them into one. */

import * as t from 'io-ts';
import type { Argv } from './argv.js';
import { familyOf, routeTarget, splitPrefix } from './internal/address.js';
import { exact, integerIn, oneOf, refined } from './internal/codec.js';

/** Which connections; what is left out matches all. @since 0.1.0 */
export interface ResetMatch {
  /** An address or prefix. */
  readonly source?: string;
  /** An address or prefix of the same family. */
  readonly destination?: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
}

/**
 * What a middlebox does. The plain one drops, for a while, every TCP segment that matches, on its way
 * through the host or to it, and sends a RST to the segment's sender; the RST has no MPTCP option, as
 * that of every box that knows TCP only.
 *
 * With `count`, `reason` or `transient` it forges: segments on their way to an end that shall be told,
 * also those that the host itself sends, are turned into RSTs, as if their sender had sent them. Needs
 * NFQUEUE. A SYN passes and its answer does not; segments of IPv6 with extension headers pass.
 *
 * @since 0.1.0
 */
export interface Resets extends ResetMatch {
  /** Milliseconds that it lasts at most, 1 to 3600000. */
  readonly forMs: number;
  /**
   * Who is told: the source (`forward`), the destination (`backward`), or both (default). An end that
   * isn't told notices when it is its turn to send.
   */
  readonly direction?: 'forward' | 'backward' | 'both';
  /** RSTs after which it is over, before `forMs` is. */
  readonly count?: number;
  /**
   * The RSTs carry MP_TCPRST (RFC 8684, section 3.6), as a peer's do, with this reason: 0 to 255, of
   * which 6 is interference by a middlebox. Default 0 where `transient` is given; else no option.
   */
  readonly reason?: number;
  /** The flag T of MP_TCPRST: it may pass, and a new subflow do better. */
  readonly transient?: boolean;
}

const port = integerIn(1, 65_535, 'a port, 1 to 65535');
const target = refined(routeTarget, (value) => value !== 'default', 'an address or prefix');

/** Codec of {@link Resets}; a key that it does not know is an error. @since 0.1.0 */
export const Resets: t.Type<Resets, unknown> = exact<Resets>('resets', {
  required: { forMs: integerIn(1, 3_600_000, 'milliseconds, 1 to 3600000') },
  optional: {
    source: target,
    destination: target,
    sourcePort: port,
    destinationPort: port,
    direction: oneOf('forward', 'backward', 'both'),
    count: integerIn(1, 1_000_000, 'RSTs, 1 to 1000000'),
    reason: integerIn(0, 255, 'a reason, 0 to 255'),
    transient: t.boolean as t.Type<boolean, unknown>,
  },
});

/** The chain that holds one middlebox's rules, so that they come, count and go as one. */
export const RESET_CHAIN = 'liquid-reset';

const family = (text: string | undefined): 4 | 6 | 0 =>
  text === undefined ? 0 : (splitPrefix(text)?.family ?? familyOf(text));

/** The families that a match can concern. */
export const resetFamilies = ({ source, destination }: ResetMatch): ReadonlyArray<4 | 6> => {
  const families = new Set([family(source), family(destination)]);
  families.delete(0);
  if (families.size === 0) return [4, 6];
  return [...families].filter((one): one is 4 | 6 => one !== 0);
};

const word = (option: string, value: string | number | undefined): ReadonlyArray<string> =>
  value === undefined ? [] : [option, String(value)];

/** One rule's match, as `iptables` has it. */
const matchArguments = (match: ResetMatch): ReadonlyArray<string> => [
  ...word('-s', match.source),
  ...word('-d', match.destination),
  '-p',
  'tcp',
  ...word('--sport', match.sourcePort),
  ...word('--dport', match.destinationPort),
];

const turned = (match: ResetMatch): ResetMatch => ({
  ...(match.destination === undefined ? {} : { source: match.destination }),
  ...(match.source === undefined ? {} : { destination: match.source }),
  ...(match.destinationPort === undefined ? {} : { sourcePort: match.destinationPort }),
  ...(match.sourcePort === undefined ? {} : { destinationPort: match.sourcePort }),
});

/** Whether it takes more than a rule: the segments themselves are turned into RSTs. */
export const areForged = ({ count, reason, transient }: Resets): boolean =>
  count !== undefined || reason !== undefined || transient !== undefined;

/**
 * The rules of a middlebox in the words of `iptables`, without their chain. The plain one's drop a
 * segment that matches and send a RST to its source; those of one that forges put the segments that
 * shall become RSTs into a packet queue. Pure.
 *
 * @param queue - number of the packet queue of one that forges
 * @example
 * ```ts
 * import { resetRules } from '@liquid/netlab'
 *
 * const [rule] = resetRules({ destinationPort: 80, forMs: 600, direction: 'forward' })
 * console.log(rule?.join(' ')) // -p tcp --dport 80 -j REJECT --reject-with tcp-reset
 * ```
 * @since 0.1.0
 */
export const resetRules = (resets: Resets, queue = 0): ReadonlyArray<Argv> => {
  const { direction = 'both' } = resets;
  const forward = matchArguments(resets);
  const backward = matchArguments(turned(resets));
  // A RST of one's own goes back to the sender, a forged one on to the receiver.
  const [ofForward, ofBackward] = areForged(resets) ? [backward, forward] : [forward, backward];
  const target = areForged(resets)
    ? ['NFQUEUE', '--queue-num', String(queue)]
    : ['REJECT', '--reject-with', 'tcp-reset'];
  return [
    ...(direction === 'backward' ? [] : [ofForward]),
    ...(direction === 'forward' ? [] : [ofBackward]),
  ].map(([first = '-p', ...rest]): Argv => [first, ...rest, '-j', ...target]);
};
