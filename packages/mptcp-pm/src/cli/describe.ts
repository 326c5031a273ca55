/** What a manager tells, in words for a terminal. */

import { subflowKey } from '../four-tuple.js';
import type { PmEvent } from '../event.js';
import type { PathManagerEvent } from '../path-manager.js';
import type { Action } from '../policy.js';

/** A token as tools print it. */
export const hex = (token: number): string => token.toString(16).padStart(8, '0');

const RESET_REASONS = [
  'unspecified',
  'MPTCP error',
  'lack of resources',
  'prohibited',
  'too much outstanding data',
  'performance',
  'middlebox',
];

const closing = (event: Extract<PmEvent, { readonly _tag: 'SubClosed' }>): string => {
  if (event.error === 0) return '';
  if (event.reset === undefined) return ` error ${event.error}, no reason given`;
  const { reason, transient } = event.reset;
  const why = RESET_REASONS[reason] ?? `reason ${reason}`;
  return ` error ${event.error}, ${why}${transient ? ', may be tried again' : ''}`;
};

const eventText = (event: PmEvent): string => {
  const token = 'token' in event ? `${hex(event.token)}  ` : '';
  switch (event._tag) {
    case 'Closed':
      return `${token}closed`;
    case 'Announced':
      return `${token}announced ${event.address} port ${event.port} id ${event.remoteId}`;
    case 'Removed':
      return `${token}withdrawn id ${event.remoteId}`;
    case 'Created':
    case 'Established': {
      const side = event.serverSide ? ' server' : ' client';
      const deny = event.denyJoinId0 ? ', no joins to the initial address' : '';
      return `${token}${event._tag.toLowerCase()} ${subflowKey(event)}${side}${deny}`;
    }
    case 'ListenerCreated':
    case 'ListenerClosed':
      return `listener ${event.local} port ${event.localPort} ${event._tag === 'ListenerCreated' ? 'created' : 'closed'}`;
    default: {
      const what = {
        SubCreated: 'subflow created',
        SubEstablished: 'subflow established',
        SubClosed: 'subflow closed',
        SubPriority: 'subflow priority',
      }[event._tag];
      const end = event._tag === 'SubClosed' ? closing(event) : event.backup ? ' backup' : '';
      return `${token}${what} ${subflowKey(event)} ids ${event.localId}/${event.remoteId}${end}`;
    }
  }
};

const actionText = (action: Action): string => {
  const token = hex(action.token);
  switch (action._tag) {
    case 'CreateSubflow':
      return `${token}  create ${action.local} > ${action.remote}:${action.remotePort}${action.backup ? ' backup' : ''}`;
    case 'SetBackup':
      return `${token}  ${action.backup ? 'make backup' : 'make regular'} ${action.subflow}`;
    case 'Destroy':
      return `${token}  end ${action.subflow}`;
    case 'Abort':
      return `${token}  abort ${action.subflow}`;
    case 'Announce':
      return `${token}  announce ${action.address}`;
    case 'Remove':
      return `${token}  withdraw id ${action.id}`;
  }
};

/** A line for what happened; undefined for what is of no interest to a person. */
export const describeEvent = (event: PathManagerEvent): string | undefined => {
  switch (event._tag) {
    case 'Event':
    case 'Inferred':
      return eventText(event.event);
    case 'Adopted':
      return `${hex(event.token)}  adopted`;
    case 'Withheld':
      return `${actionText(event.action)} by ${event.by}: withheld, ${event.why}`;
    case 'Outcome': {
      const what = `${actionText(event.command.action)} by ${event.command.by}`;
      return event.error === undefined ? what : `${what}: ${event.error.message}`;
    }
    case 'Addresses': {
      const up = event.addresses.filter((each) => each.up);
      const names = up.map(({ address, interfaceName }) => `${address} (${interfaceName})`);
      return `addresses ${names.join(' ') || 'none'}`;
    }
    case 'Overrun':
      return 'events were lost; everything is read anew';
    case 'PollFailed':
      return `poll failed: ${event.error.message}`;
    case 'Polled':
    case 'Repeated':
      return undefined;
  }
};
