/** One host's netlink channels, with every datagram written down as it crosses the kernel's border. */

import { EventReader, MPTCP_PM, type PmEvent } from '@liquid/mptcp-pm';
import {
  addresses,
  type Channel,
  IPPROTO,
  links,
  MessageCursor,
  MessageWriter,
  NETLINK,
  neighbours,
  nativeTransport,
  readFamily,
  routes,
  rules,
  type SocketId,
  sourceOf,
  writeDiagDump,
  writeGetFamily,
  writeGetPolicy,
  writeSockDestroy,
} from '@liquid/netlink';
import { right } from '../bench/support.ts';

/** One datagram. */
export interface Datagram {
  /** A family of netlink, or of generic netlink: `control` is its controller. */
  readonly family: 'route' | 'sock-diag' | 'control' | 'mptcp_pm';
  /** `event`: a multicast. */
  readonly way: 'sent' | 'received' | 'event';
  readonly hex: string;
}

/** A datagram, with where it passed and what was being done. */
export interface Recorded extends Datagram {
  readonly step: string;
  readonly host: string;
}

export interface Host {
  /** Which number the kernel gave to the family `mptcp_pm`. */
  readonly familyId: number;
  /** Sends a command of that family and takes what is answered. */
  readonly command: (write: (writer: MessageWriter, familyId: number) => void) => void;
  readonly dumpSockets: (protocol: 'tcp' | 'mptcp') => void;
  readonly destroySocket: (id: SocketId) => void;
  /** What the families say of their own attributes. */
  readonly dumpPolicies: () => void;
  readonly dumpRoutes: () => void;
  /** The last event of a tag. */
  readonly last: <Tag extends PmEvent['_tag']>(tag: Tag) => Extract<PmEvent, { _tag: Tag }>;
  readonly close: () => void;
}

const SOL_NETLINK = 270;
const ADD_MEMBERSHIP = 1;
const CAP_ACK = 10;
const EXT_ACK = 11;

/** Larger than any datagram of the kernel's. */
const BUFFER = 1 << 17;

const PROTOCOLS = {
  route: NETLINK.ROUTE,
  'sock-diag': NETLINK.SOCK_DIAG,
  generic: NETLINK.GENERIC,
} as const;

/** The first message of a datagram. */
const first = (bytes: Uint8Array): MessageCursor => {
  const message = new MessageCursor();
  message.reset(sourceOf(bytes), bytes.length);
  if (!message.next()) throw new Error('the kernel gave no answer');
  return message;
};

export const openHost = (namespacePath: string, note: (datagram: Datagram) => void): Host => {
  const transport = right(nativeTransport());
  const writer = new MessageWriter();
  const buffer = new Uint8Array(BUFFER);
  const open = (protocol: keyof typeof PROTOCOLS): Channel => {
    const channel = right(transport.openChannel({ protocol: PROTOCOLS[protocol], namespacePath }));
    for (const option of [CAP_ACK, EXT_ACK]) channel.setOption(SOL_NETLINK, option, 1);
    return channel;
  };
  const channels = {
    route: open('route'),
    'sock-diag': open('sock-diag'),
    generic: open('generic'),
  };
  const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

  let sequence = 0;
  /** Sends what the writer holds; the first datagram of the answer. */
  const ask = (family: Datagram['family']): Uint8Array => {
    const channel = channels[family === 'control' || family === 'mptcp_pm' ? 'generic' : family];
    const request = writer.finish();
    writer.view.setUint32(8, ++sequence, true);
    note({ family, way: 'sent', hex: hexOf(request) });
    channel.send(request, request.length);
    let first: Uint8Array | undefined;
    for (;;) {
      const length = channel.receive(buffer);
      if (length <= 0) break;
      const answer = buffer.slice(0, length);
      note({ family, way: 'received', hex: hexOf(answer) });
      first ??= answer;
    }
    return first ?? new Uint8Array(0);
  };
  writeGetFamily(writer, MPTCP_PM.NAME);
  const family = right(readFamily(first(ask('control'))));
  const events = open('generic');
  const group = family.groups.find(({ name }) => name === MPTCP_PM.EVENTS_GROUP);
  const joined = events.setOption(SOL_NETLINK, ADD_MEMBERSHIP, group?.id ?? 0);
  if (joined < 0) throw new Error(`joining the events failed with ${joined}`);
  const known = new Map<string, PmEvent>();
  const reader = new EventReader();
  const eventBuffer = new Uint8Array(BUFFER);
  const source = sourceOf(eventBuffer);
  const message = new MessageCursor();
  events.watch(eventBuffer, (length) => {
    if (length < 0) throw new Error(`the events ended with ${length}`);
    note({ family: 'mptcp_pm', way: 'event', hex: hexOf(eventBuffer.subarray(0, length)) });
    message.reset(source, length);
    while (message.next()) {
      const event = reader.read(message);
      if (event !== undefined) known.set(event._tag, event);
    }
  });

  return {
    familyId: family.id,
    command: (write) => {
      write(writer, family.id);
      ask('mptcp_pm');
    },
    dumpSockets: (protocol) => {
      for (const version of [4, 6] as const) {
        const wanted = protocol === 'tcp' ? IPPROTO.TCP : IPPROTO.MPTCP;
        writeDiagDump(writer, { family: version, protocol: wanted });
        ask('sock-diag');
      }
    },
    destroySocket: (id) => {
      writeSockDestroy(writer, id);
      ask('sock-diag');
    },
    dumpPolicies: () => {
      writeGetFamily(writer, 'no_such_family');
      ask('control');
      writeGetPolicy(writer, family.id);
      ask('control');
    },
    dumpRoutes: () => {
      for (const table of [links, addresses, routes, rules, neighbours]) {
        table.writeDump(writer);
        ask('route');
      }
    },
    last: <Tag extends PmEvent['_tag']>(tag: Tag) => {
      const event = known.get(tag);
      if (event === undefined) throw new Error(`no event ${tag} came`);
      return event as Extract<PmEvent, { _tag: Tag }>;
    },
    close: () => {
      events.close();
      for (const channel of Object.values(channels)) channel.close();
    },
  };
};
