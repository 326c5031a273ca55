/** Policies from the command line: a name and its options as words, turned into the JSON form. */

import { nearestNames, type Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { policies } from '../policies.js';
import { usage } from './session.js';

export const POLICY_NAMES: ReadonlyArray<string> = Object.keys(policies);

const valueOf = (text: string): unknown => {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : text;
};

type Tree = { [key: string]: unknown };

/** Sets `a.b.c` in nested objects; false where a part is a value already. */
const put = (tree: Tree, path: ReadonlyArray<string>, value: unknown): boolean => {
  const [key = '', ...rest] = path;
  // Keys of the prototype are no options of any policy.
  if (key === '' || key === '__proto__') return false;
  if (rest.length === 0) {
    if (Object.hasOwn(tree, key)) return false;
    tree[key] = value;
    return true;
  }
  const next = Object.hasOwn(tree, key) ? tree[key] : (tree[key] = {});
  return typeof next === 'object' && next !== null && put(next as Tree, rest, value);
};

/**
 * `max-rtt:maxMs=200,backoff.initialMs=500` as `{ policy: 'max-rtt', maxMs: 200, … }`. The options
 * themselves are checked by the policy.
 */
export const policyJson = (text: string): E.Either<Tagged, Readonly<Record<string, unknown>>> => {
  const colon = text.indexOf(':');
  const policy = colon < 0 ? text : text.slice(0, colon);
  if (!POLICY_NAMES.includes(policy)) {
    const near = nearestNames(policy, POLICY_NAMES);
    const instead =
      near.length > 0 ? `did you mean ${near.join(' or ')}?` : POLICY_NAMES.join(', ');
    return E.left(usage(`there is no policy ${policy}: ${instead}`));
  }
  const options: Tree = { policy };
  for (const pair of colon < 0 ? [] : text.slice(colon + 1).split(',')) {
    const equals = pair.indexOf('=');
    const key = pair.slice(0, Math.max(0, equals));
    if (equals < 1 || !put(options, key.split('.'), valueOf(pair.slice(equals + 1)))) {
      return E.left(usage(`policy ${policy}: expected option=value, once each, got ${pair}`));
    }
  }
  return E.right(options);
};

/** What the policies are for, for the help. */
export const policyHelp = (): string =>
  Object.values(policies)
    .map(({ name, summary }) => `  ${name.padEnd(16)}${summary}`)
    .join('\n');
