/** What an action asks of the kernel, in the words of its family. */

import { type IpAddress, parseIpAddress, unmapIpv4 } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { ADDRESS_FLAG } from './family.js';
import type { PmCommand } from './family-command.js';
import type { FourTuple, SubflowKey } from './model.js';
import type { Action, PmView } from './policy.js';

/** Actions that the family `mptcp_pm` carries out; an abort is the socket diagnosis's. */
type FamilyAction = Exclude<Action, { readonly _tag: 'Abort' }>;

/**
 * The command of an action. `tuple` is the subflow that it names, in the addresses that the kernel
 * shows: an IPv4-mapped one has to be named as such.
 */
export const commandOfAction = (action: FamilyAction, tuple: FourTuple | undefined): PmCommand => {
  switch (action._tag) {
    case 'CreateSubflow':
      return {
        _tag: 'SubflowCreate',
        token: action.token,
        local: {
          // A dual-stack connection takes IPv4 subflows as such, and mixed pairs not at all.
          address: unmapIpv4(action.local),
          id: action.localId ?? 0,
          ...(action.backup ? { flags: ADDRESS_FLAG.BACKUP } : {}),
          ...(action.interfaceIndex === undefined ? {} : { interfaceIndex: action.interfaceIndex }),
        },
        remote: { address: unmapIpv4(action.remote), port: action.remotePort },
      };
    case 'SetBackup':
      return {
        _tag: 'SetFlags',
        token: action.token,
        local: { ...localOf(tuple), flags: action.backup ? ADDRESS_FLAG.BACKUP : 0 },
        remote: remoteOf(tuple),
      };
    case 'Destroy':
      return {
        _tag: 'SubflowDestroy',
        token: action.token,
        local: localOf(tuple),
        remote: remoteOf(tuple),
      };
    case 'Announce':
      return {
        _tag: 'Announce',
        token: action.token,
        local: {
          address: unmapIpv4(action.address),
          id: action.id ?? 0,
          flags: ADDRESS_FLAG.SIGNAL,
          ...(action.port === undefined ? {} : { port: action.port }),
        },
      };
    case 'Remove':
      return { _tag: 'Remove', token: action.token, localId: action.id };
  }
};

const localOf = (tuple: FourTuple | undefined) =>
  tuple === undefined ? {} : { address: tuple.local, port: tuple.localPort };

const remoteOf = (tuple: FourTuple | undefined) =>
  tuple === undefined ? {} : { address: tuple.remote, port: tuple.remotePort };

const KEY = /^(?:\[([^\]]+)\]|([^[\]:]+)):(\d{1,5})>(?:\[([^\]]+)\]|([^[\]:]+)):(\d{1,5})$/;

const addressOf = (...texts: ReadonlyArray<string | undefined>): IpAddress | undefined => {
  const address = parseIpAddress(texts.find((text) => text !== undefined) ?? '');
  return E.isRight(address) ? address.right : undefined;
};

/**
 * The four values that a subflow's key is made of; undefined where it isn't one.
 *
 * @example
 * ```ts
 * import { parseSubflowKey } from '@liquid/mptcp-pm'
 *
 * console.log(parseSubflowKey('10.0.0.1:40000>10.1.0.2:80')?.remotePort) // 80
 * ```
 * @since 0.1.0
 */
export const parseSubflowKey = (key: SubflowKey): FourTuple | undefined => {
  const match = KEY.exec(key);
  if (match === null) return undefined;
  const local = addressOf(match[1], match[2]);
  const remote = addressOf(match[4], match[5]);
  const localPort = Number(match[3]);
  const remotePort = Number(match[6]);
  return local === undefined || remote === undefined || localPort > 65535 || remotePort > 65535
    ? undefined
    : { local, localPort, remote, remotePort };
};

/** The subflow that an action names, as known or as its key says; undefined where it names none. */
export const tupleOfAction = (action: Action, view: PmView): FourTuple | undefined => {
  if (action._tag !== 'SetBackup' && action._tag !== 'Destroy' && action._tag !== 'Abort') {
    return undefined;
  }
  const { token, subflow } = action;
  for (const known of view.connection(token)?.subflows ?? []) {
    if (known.key === subflow) return known;
  }
  return parseSubflowKey(subflow);
};
