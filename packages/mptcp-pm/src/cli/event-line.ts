/** Events as lines in the form of the kernel's own test tool, `pm_nl_ctl events`. */

import { type IpAddress, isIpv6 } from '@liquid/types';
import type { ConnectionFields, PmEvent, SubflowFields } from '../event.js';
import { MPTCP_EVENT } from '../family.js';
import { familyOf } from '../family-address.js';

const TYPES: { readonly [Tag in PmEvent['_tag']]: number | undefined } = {
  Created: MPTCP_EVENT.CREATED,
  Established: MPTCP_EVENT.ESTABLISHED,
  Closed: MPTCP_EVENT.CLOSED,
  Announced: MPTCP_EVENT.ANNOUNCED,
  Removed: MPTCP_EVENT.REMOVED,
  SubCreated: undefined,
  SubEstablished: MPTCP_EVENT.SUB_ESTABLISHED,
  SubClosed: MPTCP_EVENT.SUB_CLOSED,
  SubPriority: MPTCP_EVENT.SUB_PRIORITY,
  ListenerCreated: MPTCP_EVENT.LISTENER_CREATED,
  ListenerClosed: MPTCP_EVENT.LISTENER_CLOSED,
};

const addressed = (end: 's' | 'd', address: IpAddress): string =>
  `${end}addr${isIpv6(address) ? 6 : 4}:${address}`;

const tuple = (fields: ConnectionFields | SubflowFields): ReadonlyArray<string> => [
  addressed('s', fields.local),
  addressed('d', fields.remote),
  `sport:${fields.localPort}`,
  `dport:${fields.remotePort}`,
];

const fieldsOf = (event: PmEvent): ReadonlyArray<string> => {
  switch (event._tag) {
    case 'Closed':
      return [];
    case 'Removed':
      return [`rem_id:${event.remoteId}`];
    case 'Announced':
      return [
        `rem_id:${event.remoteId}`,
        ...(event.port === 0 ? [] : [`dport:${event.port}`]),
        addressed('d', event.address),
      ];
    case 'ListenerCreated':
    case 'ListenerClosed':
      return [
        `family:${familyOf(event.local)}`,
        `sport:${event.localPort}`,
        addressed('s', event.local),
      ];
    case 'Created':
    case 'Established':
      return [
        ...(event.denyJoinId0 ? ['deny_join_id0:1'] : []),
        `family:${familyOf(event.local)}`,
        ...tuple(event),
        ...(event.serverSide ? ['server_side:1'] : []),
      ];
    default:
      return [
        `family:${familyOf(event.local)}`,
        `loc_id:${event.localId}`,
        `rem_id:${event.remoteId}`,
        ...tuple(event),
        `backup:${event.backup ? 1 : 0}`,
        ...(event.interfaceIndex === 0 ? [] : [`if_idx:${event.interfaceIndex}`]),
        ...(event._tag === 'SubClosed' && event.error !== 0 ? [`error:${event.error}`] : []),
        ...(event._tag === 'SubClosed' && event.reset !== undefined
          ? [`reset_reason:${event.reset.reason}`, `reset_flags:${event.reset.transient ? 1 : 0}`]
          : []),
      ];
  }
};

/**
 * The line of an event, as in `type:7,token:823274047,rem_id:3`; undefined for `SubCreated`, which no
 * kernel sends. Beyond what the kernel's tool prints it tells the interface and the reset's reason.
 */
export const eventLine = (event: PmEvent): string | undefined => {
  const type = TYPES[event._tag];
  if (type === undefined) return undefined;
  const token = 'token' in event ? [`token:${event.token}`] : [];
  return [`type:${type}`, ...token, ...fieldsOf(event)].join(',');
};
