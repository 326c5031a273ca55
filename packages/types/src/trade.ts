/** The liquidity trade: which resources a tool spends, which it gains, and across what. */

import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';

import { decode } from './decode.js';
import { type Decode, decodeError } from './errors.js';

/**
 * What can be spent or gained, each with the sentence that says what is meant. Network resources
 * proper (bandwidth, processing, storage, …) and what they are converted into.
 *
 * @since 0.1.0
 */
export const resourceKinds = {
  bandwidth: 'bits per second on a link or path',
  airtime: 'share of a radio channel’s time',
  latency: 'time until data or an answer arrives',
  cpu: 'processing time',
  memory: 'working memory',
  storage: 'space on disks',
  iops: 'storage operations per second',
  energy: 'power drawn, above all from batteries',
  availability: 'share of time in which a service answers',
  reliability: 'data that arrives and stays intact',
  consistency: 'replicas that agree',
  mobility: 'freedom to move while in service',
  money: 'price paid or earned',
} as const;

/** A name of {@link resourceKinds}. @since 0.1.0 */
export type ResourceKind = keyof typeof resourceKinds;

/** Codec of {@link ResourceKind}. @since 0.1.0 */
export const ResourceKind: t.Type<ResourceKind, string, unknown> = /* @__PURE__ */ t.keyof(
  resourceKinds,
  Object.keys(resourceKinds).join(', '),
);

/**
 * Across what a trade is made, the three parts of the deliverable: between kinds of resource, between
 * layers of one stack, between providers.
 *
 * @since 0.1.0
 */
export const dimensions = {
  'cross-resource': 'one kind of resource is spent to save another',
  'cross-layer': 'layers of one stack share what they know',
  'cross-provider': 'owners lend and buy each other’s resources',
} as const;

/** A name of {@link dimensions}. @since 0.1.0 */
export type Dimension = keyof typeof dimensions;

/** Codec of {@link Dimension}. @since 0.1.0 */
export const Dimension: t.Type<Dimension, string, unknown> = /* @__PURE__ */ t.keyof(
  dimensions,
  Object.keys(dimensions).join(', '),
);

/**
 * A tool in one line: spend these to gain those.
 *
 * @since 0.1.0
 */
export interface Trade {
  readonly dimension: Dimension;
  /** What it costs; never empty, nothing is free. */
  readonly spends: ReadonlyArray<ResourceKind>;
  /** What it brings; never empty. */
  readonly gains: ReadonlyArray<ResourceKind>;
}

const Kinds = /* @__PURE__ */ t.refinement(
  /* @__PURE__ */ t.readonlyArray(ResourceKind),
  (kinds) => kinds.length > 0 && new Set(kinds).size === kinds.length,
  'at least one resource kind, none twice',
);

/**
 * Codec of {@link Trade}: both sides hold at least one kind, none twice. The same kind may stand on
 * both sides, as when one's own bandwidth is spent to gain a neighbour's.
 *
 * @example
 * ```ts
 * import { Trade } from '@liquid/types'
 *
 * console.log(Trade.is({ dimension: 'cross-layer', spends: ['cpu'], gains: ['airtime'] })) // true
 * console.log(Trade.is({ dimension: 'cross-layer', spends: [], gains: ['airtime'] })) // false
 * ```
 * @since 0.1.0
 */
export const Trade: t.Type<Trade, unknown, unknown> = /* @__PURE__ */ t.readonly(
  /* @__PURE__ */ t.type({ dimension: Dimension, spends: Kinds, gains: Kinds }),
  'Trade',
);

/**
 * A trade as text.
 *
 * @example
 * ```ts
 * import { printTrade } from '@liquid/types'
 *
 * console.log(printTrade({ dimension: 'cross-layer', spends: ['cpu', 'memory'], gains: ['airtime'] }))
 * // cpu, memory → airtime
 * ```
 * @since 0.1.0
 */
export const printTrade = (trade: Trade): string =>
  `${trade.spends.join(', ')} → ${trade.gains.join(', ')}`;

/**
 * Reads a trade from text, the dimension given beside it; `->` is read for `→`.
 *
 * @example
 * ```ts
 * import { parseTrade } from '@liquid/types'
 *
 * console.log(parseTrade('cross-layer')('cpu -> airtime, energy'))
 * // { _tag: 'Right', right: { dimension: 'cross-layer', spends: [ 'cpu' ], gains: [ 'airtime', 'energy' ] } }
 * ```
 * @since 0.1.0
 */
export const parseTrade =
  (dimension: Dimension) =>
  (text: string): E.Either<Decode, Trade> => {
    const sides = text.slice(0, 500).split(/→|->/);
    const [spends, gains] = sides.map((side) =>
      side
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    );
    return sides.length === 2
      ? decode(Trade, 'trade')({ dimension, spends, gains })
      : E.left(decodeError({ what: 'trade', expected: 'spends → gains', actual: text }));
  };
