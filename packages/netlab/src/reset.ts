/** Resets by a middlebox: a router that drops the segments of chosen connections and answers each with a RST. */

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
 * What a middlebox does: for a while it drops every TCP segment that matches, on its way through the
 * host or to it, and sends a RST to the segment's sender. The RST has no MPTCP option, as that of
 * every box that knows TCP only; a peer's own, with MP_TCPRST, comes from destroying its socket
 * (`ss -K`).
 *
 * @since 0.1.0
 */
export interface Resets extends ResetMatch {
  /** Milliseconds that it lasts, 1 to 3600000. */
  readonly forMs: number;
  /**
   * Whose segments: those of the description's direction, of the other, or of both (default). With
   * `forward` only the source is told; the destination notices when it is its turn to send.
   */
  readonly direction?: 'forward' | 'backward' | 'both';
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

/**
 * The rules of a middlebox in the words of `iptables`, without their chain: each drops a segment that
 * matches and sends a RST to its source. Pure.
 *
 * @example
 * ```ts
 * import { resetRules } from '@liquid/netlab'
 *
 * const [rule] = resetRules({ destinationPort: 80, forMs: 600, direction: 'forward' })
 * console.log(rule?.join(' ')) // -p tcp --dport 80 -j REJECT --reject-with tcp-reset
 * ```
 * @since 0.1.0
 */
export const resetRules = (resets: Resets): ReadonlyArray<Argv> => {
  const { direction = 'both' } = resets;
  const both = [
    ...(direction === 'backward' ? [] : [matchArguments(resets)]),
    ...(direction === 'forward' ? [] : [matchArguments(turned(resets))]),
  ];
  return both.map((match): Argv => {
    const [first = '-p', ...rest] = match;
    return [first, ...rest, '-j', 'REJECT', '--reject-with', 'tcp-reset'];
  });
};
