/** What iproute2 says of connections, and what we would have to say for the same. */

import type { Connection, PathManager, PmEvent } from '@liquid/mptcp-pm';
import type { Netlab } from '@liquid/netlab';
import { isIpv6, parseIpAddress, unmapIpv4 } from '@liquid/types';
import { isKernel } from './kernel.ts';
import { right } from './machine.ts';

/** Linux 6.1 has an attribute of its own for it, which iproute2 doesn't show. */
const SERVER_SIDE = isKernel(6, 18) ? 2 : 0;

const LABELS: Readonly<Partial<Record<PmEvent['_tag'], string>>> = {
  Created: 'CREATED',
  Established: 'ESTABLISHED',
  Closed: 'CLOSED',
  Announced: 'ANNOUNCED',
  Removed: 'REMOVED',
  SubEstablished: 'SF_ESTABLISHED',
  SubClosed: 'SF_CLOSED',
  SubPriority: 'SF_PRIO',
};

const address = (end: 's' | 'd', text: string): string =>
  `${end}addr${text.includes(':') ? 6 : 4}=${text}`;

/** The line of `ip mptcp monitor` for an event; undefined for those that it doesn't know. */
export const monitorLine = (event: PmEvent): string | undefined => {
  const label = LABELS[event._tag];
  if (label === undefined || !('token' in event)) return undefined;
  const words = [`[${label.padStart(14)}]`, `token=${event.token.toString(16).padStart(8, '0')}`];
  if (event._tag === 'Removed') words.push(`remid=${event.remoteId}`);
  if (event._tag === 'Announced') {
    words.push(`remid=${event.remoteId}`, address('d', event.address));
    if (event.port !== 0) words.push(`dport=${event.port}`);
  }
  if ('local' in event) {
    const { remoteId, localId } = 'localId' in event ? event : { remoteId: 0, localId: 0 };
    words.push(`remid=${remoteId}`, `locid=${localId}`);
    words.push(address('s', event.local), address('d', event.remote));
    words.push(`sport=${event.localPort}`, `dport=${event.remotePort}`);
    if ('backup' in event) words.push(`backup=${event.backup ? 1 : 0}`);
    if (event._tag === 'SubClosed' && event.error !== 0) words.push(`error=${event.error}`);
    if (event._tag === 'SubClosed' && event.reset !== undefined) {
      const { reason, transient } = event.reset;
      words.push(`reset_reason=${reason}`, `reset_flags=0x${transient ? 1 : 0}`);
    }
    const flags =
      'serverSide' in event
        ? (event.denyJoinId0 ? 1 : 0) | (event.serverSide ? SERVER_SIDE : 0)
        : 0;
    if (flags !== 0) words.push(`flags=${flags.toString(16)}`);
  }
  return words.join(' ');
};

/** A subflow with all that both sides say of it. */
const said = (of: {
  readonly token: number;
  readonly key: string;
  readonly localId: number;
  readonly remoteId: number;
  readonly backup: boolean;
  readonly backupRemote: boolean;
}): string =>
  `${of.token.toString(16)} ${of.key} ids ${of.localId}/${of.remoteId}` +
  `${of.backup ? ' backup' : ''}${of.backupRemote ? ' backup by the peer' : ''}`;

/** An end as `ss` writes it, in our words. */
const endOf = (text: string): string => {
  const colon = text.lastIndexOf(':');
  const plain = text.slice(0, colon).replaceAll(/[[\]]|%.*/g, '');
  const ip = unmapIpv4(right(parseIpAddress(plain)));
  return isIpv6(ip) ? `[${ip}]${text.slice(colon)}` : `${ip}${text.slice(colon)}`;
};

const LINE =
  /^\S+\s+(?<state>\S+)\s+\d+\s+\d+\s+(?<local>\S+)\s+(?<remote>\S+).*flags:(?<flags>\w+) token:\w+\(id:(?<remoteId>\d+)\)\/(?<token>\w+)\(id:(?<localId>\d+)\)/;

/** What is said of a host: its subflows, and how many each connection has, in orders that can be compared. */
export interface Said {
  readonly subflows: ReadonlyArray<string>;
  readonly counts: ReadonlyArray<string>;
}

const countOf = (token: number, subflows: number): string => `${token.toString(16)}: ${subflows}`;

/** All subflows of a host by `ss -tniM`, and how many each connection has by its own account. */
export const subflowsBySs = async (lab: Netlab, host: string): Promise<Said> => {
  const { stdout } = right(await lab.exec(host, ['ss', '-tnMOiH'])());
  const subflows: string[] = [];
  const counts: string[] = [];
  for (const line of stdout.split('\n')) {
    if (line.startsWith('mptcp')) {
      const token = Number.parseInt(/ token:(\w+)/.exec(line)?.[1] ?? '', 16);
      // One that is closing is on its way out, and has no subflow that counts.
      if (/^mptcp\s+ESTAB/.test(line) && !line.includes('fallback')) {
        counts.push(countOf(token, 1 + Number(/ subflows:(\d+)/.exec(line)?.[1] ?? 0)));
      }
      continue;
    }
    const found = LINE.exec(line)?.groups;
    if (found === undefined || found['state'] !== 'ESTAB') continue;
    const flags = found['flags'] ?? '';
    subflows.push(
      said({
        token: Number.parseInt(found['token'] ?? '', 16),
        key: `${endOf(found['local'] ?? '')}>${endOf(found['remote'] ?? '')}`,
        localId: Number(found['localId']),
        remoteId: Number(found['remoteId']),
        backup: flags.includes('b'),
        backupRemote: flags.includes('B'),
      }),
    );
  }
  return { subflows: subflows.sort(), counts: counts.sort() };
};

/** The same by a path manager's view. */
export const subflowsByView = (manager: PathManager): Said => {
  const connections: Connection[] = [...manager.view().connections()];
  return {
    subflows: connections
      .flatMap((connection) => connection.subflows)
      .filter(({ phase }) => phase === 'established')
      .map(said)
      .sort(),
    counts: connections.map(({ token, subflows }) => countOf(token, subflows.length)).sort(),
  };
};
