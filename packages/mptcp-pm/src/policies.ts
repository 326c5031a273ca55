/** The policies by name, for command lines and configuration files. */

import { type Decode, decode, decodeError } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type * as t from 'io-ts';
import type { AnyPolicy } from './policy.js';
import { FullMeshOptions, fullMesh } from './policy/full-mesh.js';
import { LossyPathOptions, lossyPath } from './policy/lossy-path.js';
import { MaxRttOptions, maxRtt } from './policy/max-rtt.js';
import { MinBandwidthOptions, minBandwidth } from './policy/min-bandwidth.js';
import { NdiffportsOptions, ndiffports } from './policy/ndiffports.js';
import { OneInterfaceOptions, oneInterface } from './policy/one-interface.js';
import { RefreshOptions, refresh } from './policy/refresh.js';
import { ResetReactionOptions, resetReaction } from './policy/reset-reaction.js';
import { SlowSubflowOptions, slowSubflow } from './policy/slow-subflow.js';

/** A kind of policy: its name, what it is for, and how one is made of outside values. @since 0.1.0 */
export interface PolicyKind {
  readonly name: string;
  /** One line for a person. */
  readonly summary: string;
  /** Checks the options, fills in defaults, and makes the policy; a `Decode` says what is wrong. */
  readonly fromOptions: (options: unknown) => E.Either<Decode, AnyPolicy>;
}

const kind = <O>(
  name: string,
  summary: string,
  codec: t.Type<O, unknown>,
  make: (options: O) => AnyPolicy,
): PolicyKind => ({
  name,
  summary,
  fromOptions: (options) => E.map(make)(decode(codec, `policy ${name}`)(options)),
});

/** All policies, by name. @since 0.1.0 */
export const policies: Readonly<Record<string, PolicyKind>> = Object.fromEntries(
  [
    kind('full-mesh', 'a subflow between every two addresses', FullMeshOptions, fullMesh),
    kind('ndiffports', 'n subflows between the same two addresses', NdiffportsOptions, ndiffports),
    kind(
      'slow-subflow',
      'rest a slow subflow that holds back a limited window (U1)',
      SlowSubflowOptions,
      slowSubflow,
    ),
    kind('lossy-path', 'reset a subflow that keeps losing data (U2)', LossyPathOptions, lossyPath),
    kind('max-rtt', 'rest subflows that take too long (U3)', MaxRttOptions, maxRtt),
    kind(
      'one-interface',
      'further interfaces only while the first is not enough (U4)',
      OneInterfaceOptions,
      oneInterface,
    ),
    kind('refresh', 'replace subflows every so often (U5)', RefreshOptions, refresh),
    kind(
      'reset-reaction',
      'replace a reset subflow at once (U6)',
      ResetReactionOptions,
      resetReaction,
    ),
    kind(
      'min-bandwidth',
      'a further path when the estimate falls too low (figure 4.6)',
      MinBandwidthOptions,
      minBandwidth,
    ),
  ].map((each) => [each.name, each]),
);

/**
 * A policy from its JSON form: its name, or an object with `policy` and the options beside it.
 *
 * @example
 * ```ts
 * import { policyFromJson } from '@liquid/mptcp-pm'
 *
 * console.log(policyFromJson({ policy: 'refresh', n: 2, everyMs: 1000 })._tag) // Right
 * console.log(policyFromJson({ policy: 'refresh', m: 2 })._tag) // Left
 * ```
 * @since 0.1.0
 */
export const policyFromJson = (json: unknown): E.Either<Decode, AnyPolicy> => {
  const { policy, ...options } =
    typeof json === 'object' && json !== null && !Array.isArray(json)
      ? (json as { readonly policy?: unknown })
      : { policy: json };
  const found =
    typeof policy === 'string' && Object.hasOwn(policies, policy) ? policies[policy] : undefined;
  return found === undefined
    ? E.left(
        decodeError({
          what: 'policy',
          expected: `one of ${Object.keys(policies).join(', ')}`,
          actual: policy,
        }),
      )
    : found.fromOptions(options);
};

/**
 * Policies from their JSON forms, the strongest first; none twice.
 *
 * @since 0.1.0
 */
export const policiesFromJson = (json: unknown): E.Either<Decode, ReadonlyArray<AnyPolicy>> => {
  if (!Array.isArray(json)) {
    return E.left(decodeError({ what: 'policies', expected: 'a list', actual: json }));
  }
  return E.chain((list: ReadonlyArray<AnyPolicy>) => {
    const twice = list.find(({ name }, i) => list.findIndex((p) => p.name === name) !== i);
    return twice === undefined
      ? E.right(list)
      : E.left(decodeError({ what: 'policies', expected: 'each policy once', actual: twice.name }));
  })(E.traverseArray(policyFromJson)(json));
};
