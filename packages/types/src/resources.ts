/** Amounts of unlike resources side by side: vectors that add and compare per kind, never as one number. */

import * as E from 'fp-ts/lib/Either.js';
import { type Eq, fromEquals } from 'fp-ts/lib/Eq.js';
import * as t from 'io-ts';

import { limitExceeded, type LimitExceeded } from './errors.js';
import type { Quantity } from './quantity.js';
import { BitsPerSecond, Bytes, Cores, OperationsPerSecond, Watts } from './units.js';

/**
 * A capacity, a demand or a price in kind: how much of each resource. Resources of different kinds
 * are not converted into each other; a market may put prices on them, this type does not.
 *
 * @since 0.1.0
 */
export interface Resources {
  readonly bandwidth: BitsPerSecond;
  readonly cpu: Cores;
  readonly memory: Bytes;
  readonly storage: Bytes;
  readonly iops: OperationsPerSecond;
  readonly power: Watts;
}

/** A component of {@link Resources}. @since 0.1.0 */
export type ResourceName = keyof Resources;

/** The components in their fixed order. @since 0.1.0 */
export const resourceNames: ReadonlyArray<ResourceName> = [
  'bandwidth',
  'cpu',
  'memory',
  'storage',
  'iops',
  'power',
];

/** What each component is measured in. */
const UNITS: { readonly [K in ResourceName]: Quantity<Resources[K]> } = {
  bandwidth: BitsPerSecond,
  cpu: Cores,
  memory: Bytes,
  storage: Bytes,
  iops: OperationsPerSecond,
  power: Watts,
};

/** A component's unit. One at a time value and unit agree; the type system sees the union of all. */
const unitOf = (name: ResourceName): Quantity<number> => UNITS[name] as unknown as Quantity<number>;

/** The same component of two vectors, handled in its own unit. */
type Combine = (unit: Quantity<number>, a: number, b: number) => E.Either<LimitExceeded, number>;

/** Applies `combine` to each component; the first failure names its component in `path`. */
const zip = (a: Resources, b: Resources, combine: Combine): E.Either<LimitExceeded, Resources> => {
  const out: Record<string, number> = {};
  for (const name of resourceNames) {
    const result = combine(unitOf(name), a[name], b[name]);
    if (E.isLeft(result)) {
      const { expected, actual } = result.left;
      return E.left(limitExceeded({ what: 'resources', path: name, expected, actual }));
    }
    out[name] = result.right;
  }
  return E.right(out as unknown as Resources);
};

/** Nothing of anything. @since 0.1.0 */
export const noResources: Resources = {
  bandwidth: BitsPerSecond.zero,
  cpu: Cores.zero,
  memory: Bytes.zero,
  storage: Bytes.zero,
  iops: OperationsPerSecond.zero,
  power: Watts.zero,
};

/**
 * A vector from some of its components; the rest is zero.
 *
 * @example
 * ```ts
 * import { Bytes, printResources, resources } from '@liquid/types'
 *
 * console.log(printResources(resources({ memory: Bytes.clamp(2 ** 30) }))) // memory 1 GiB
 * ```
 * @since 0.1.0
 */
export const resources = (some: Partial<Resources>): Resources => ({ ...noResources, ...some });

const partial: t.Type<Partial<Resources>, unknown, unknown> = /* @__PURE__ */ t.exact(
  /* @__PURE__ */ t.partial({
    bandwidth: BitsPerSecond.FromText,
    cpu: Cores.FromText,
    memory: Bytes.FromText,
    storage: Bytes.FromText,
    iops: OperationsPerSecond.FromText,
    power: Watts.FromText,
  }),
) as unknown as t.Type<Partial<Resources>, unknown, unknown>;

const isResources = (value: unknown): value is Resources =>
  typeof value === 'object' &&
  value !== null &&
  resourceNames.every((name) => unitOf(name).is((value as Record<string, unknown>)[name]));

/**
 * Codec of {@link Resources}: components are numbers in their base unit or text with a unit, missing
 * ones are zero. Encodes to text, without the zeros.
 *
 * @example
 * ```ts
 * import * as E from 'fp-ts/lib/Either.js'
 * import { Resources } from '@liquid/types'
 *
 * const parsed = Resources.decode({ bandwidth: '1 Gbit/s', cpu: 2 })
 * console.log(E.map(Resources.encode)(parsed))
 * // { _tag: 'Right', right: { bandwidth: '1 Gbit/s', cpu: '2 cores' } }
 * ```
 * @since 0.1.0
 */
export const Resources: t.Type<
  Resources,
  Partial<Record<ResourceName, string>>,
  unknown
> = /* @__PURE__ */ new t.Type(
  'Resources',
  isResources,
  (value, context) => {
    const result = partial.validate(value, context);
    return E.isRight(result) ? t.success(resources(result.right)) : result;
  },
  (vector) => {
    const out: Partial<Record<ResourceName, string>> = {};
    for (const name of resourceNames) {
      if (vector[name] !== 0) out[name] = unitOf(name).print(vector[name]);
    }
    return out;
  },
);

/**
 * `a + b` per component, or `LimitExceeded` with the component in `path`.
 *
 * @since 0.1.0
 */
export const addResources =
  (b: Resources) =>
  (a: Resources): E.Either<LimitExceeded, Resources> =>
    zip(a, b, (unit, x, y) => unit.add(y)(x));

/**
 * `a − b` per component, or `LimitExceeded` naming in `path` the first component that runs short.
 *
 * @example
 * ```ts
 * import * as E from 'fp-ts/lib/Either.js'
 * import { Cores, resources, subtractResources } from '@liquid/types'
 *
 * const left = subtractResources(resources({ cpu: Cores.clamp(4) }))(resources({ cpu: Cores.clamp(2) }))
 * console.log(E.isLeft(left) && left.left.path) // cpu
 * ```
 * @since 0.1.0
 */
export const subtractResources =
  (b: Resources) =>
  (a: Resources): E.Either<LimitExceeded, Resources> =>
    zip(a, b, (unit, x, y) => unit.subtract(y)(x));

/** Every component times a factor, whole ones rounded; `LimitExceeded` as for one quantity. @since 0.1.0 */
export const scaleResources =
  (factor: number) =>
  (a: Resources): E.Either<LimitExceeded, Resources> =>
    zip(a, a, (unit, x) => unit.scale(factor)(x));

/**
 * How two vectors stand to each other. Most pairs are incomparable: more of one thing and less of
 * another is neither more nor less.
 *
 * @example
 * ```ts
 * import { Bytes, compareResources, Cores, resources } from '@liquid/types'
 *
 * const compute = resources({ cpu: Cores.clamp(8) })
 * const disk = resources({ storage: Bytes.clamp(1e12) })
 * console.log(compareResources(compute, disk)) // incomparable
 * ```
 * @since 0.1.0
 */
export const compareResources = (
  a: Resources,
  b: Resources,
): 'less' | 'equal' | 'greater' | 'incomparable' => {
  const less = resourceNames.some((name) => a[name] < b[name]);
  const greater = resourceNames.some((name) => a[name] > b[name]);
  if (less && greater) return 'incomparable';
  return less ? 'less' : greater ? 'greater' : 'equal';
};

/** Whether `capacity` has at least as much of everything as `demand`. @since 0.1.0 */
export const coversResources =
  (demand: Resources) =>
  (capacity: Resources): boolean =>
    resourceNames.every((name) => capacity[name] >= demand[name]);

/** Equality of all components. @since 0.1.0 */
export const EqResources: Eq<Resources> = /* @__PURE__ */ fromEquals((a, b) =>
  resourceNames.every((name) => a[name] === b[name]),
);

/** The components that are not zero, as text for people; `nothing` where all are. @since 0.1.0 */
export const printResources = (vector: Resources): string => {
  const parts = resourceNames
    .filter((name) => vector[name] !== 0)
    .map((name) => `${name} ${unitOf(name).approximate(vector[name])}`);
  return parts.length === 0 ? 'nothing' : parts.join(', ');
};
