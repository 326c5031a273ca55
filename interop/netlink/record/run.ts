/**
 * Records what the running kernel and Debian's own tools say over netlink, as fixtures of the
 * package's tests: `node record/run.ts`, as root. All of it happens in namespaces of its own, with
 * addresses that RFC 5737 and RFC 3849 set aside for examples.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Netlab, openNetlab } from '@liquid/netlab';
import {
  AF,
  addresses,
  beginGeneric,
  type Channel,
  CONNECTED_STATES,
  DIAG_EXT,
  IPPROTO,
  links,
  MessageCursor,
  MessageWriter,
  NETLINK,
  NF,
  NFQA_CFG_F,
  NFQNL_CFG_CMD,
  NFQNL_COPY,
  NLM_F,
  NLMSG,
  nativeTransport,
  neighbours,
  readFamily,
  readQueuePacketInto,
  emptyQueuePacket,
  routes,
  rules,
  sourceOf,
  stateMask,
  writeDiagDump,
  writeGetFamily,
  writeGetPolicy,
  writeQueueConfig,
  writeQueueVerdict,
} from '@liquid/netlink';
import type { Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';

const FIXTURES = fileURLToPath(
  new URL('../../../packages/netlink/test/fixtures/', import.meta.url),
);

const SOL_NETLINK = 270;
const CAP_ACK = 10;
const EXT_ACK = 11;
const STRICT = 12;

const right = <A>(result: E.Either<Tagged, A>): A => {
  if (E.isLeft(result)) throw new Error(`${result.left._tag}: ${result.left.message}`);
  return result.right;
};

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** One file: how it came about, what was sent (`>`), what was received (`<`). */
const save = (name: string, how: string, lines: ReadonlyArray<string>): void => {
  const head = [`# ${how}`, `# Linux ${release().replace(/-.*/, '')}, ${process.arch}`];
  writeFileSync(`${FIXTURES}${name}.txt`, `${[...head, ...lines].join('\n')}\n`);
  console.log(`${name}: ${lines.length} datagrams`);
};

const open = (
  namespace: string,
  protocol: number,
  options: ReadonlyArray<number> = [EXT_ACK, CAP_ACK, STRICT],
): Channel => {
  const channel = right(
    right(nativeTransport()).openChannel({ protocol, namespacePath: `/run/netns/${namespace}` }),
  );
  for (const option of options) channel.setOption(SOL_NETLINK, option, 1);
  return channel;
};

const buffer = new Uint8Array(65536);

/** Sends a request and takes all that comes, up to the end of a dump. */
const exchange = (channel: Channel, request: MessageWriter): ReadonlyArray<string> => {
  const bytes = request.finish();
  const lines = [`> ${hex(bytes)}`];
  const sent = channel.send(bytes, bytes.length);
  if (sent < 0) throw new Error(`send: ${sent}`);
  for (;;) {
    const length = channel.receive(buffer);
    if (length < 0) return lines;
    lines.push(`< ${hex(buffer.subarray(0, length))}`);
    const cursor = new MessageCursor();
    cursor.reset(sourceOf(buffer), length);
    while (cursor.next()) if (cursor.type === NLMSG.DONE) return lines;
  }
};

/** What a program sends, as strace dumps it. */
const sentBy = async (
  lab: Netlab,
  node: string,
  argv: readonly [string, ...string[]],
): Promise<ReadonlyArray<string>> => {
  const { stderr, exitCode } = right(
    await lab.exec(node, ['strace', '-e', 'trace=sendto,sendmsg', '-e', 'write=all', ...argv])(),
  );
  if (exitCode !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
  const messages: Array<string> = [];
  for (const line of stderr.split('\n')) {
    // The call, then its buffers, row by row: ` | 00010  00 01 02 …  ASCII |`.
    if (/^send(to|msg)\(/.test(line)) messages.push('');
    const row = /^ \| [0-9a-f]{5} ((?: {1,2}[0-9a-f]{2}){1,16})/.exec(line);
    messages.push(`${messages.pop() ?? ''}${row?.[1]?.replaceAll(' ', '') ?? ''}`);
  }
  return messages.filter((message) => message.length >= 2 * 32).map((message) => `> ${message}`);
};

const record = async (lab: Netlab): Promise<void> => {
  const client = right(lab.namespaceOf('client'));
  const server = right(lab.namespaceOf('server'));
  const run = async (node: string, ...argv: [string, ...string[]]): Promise<void> => {
    const { exitCode, stderr } = right(await lab.exec(node, argv)());
    if (exitCode !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
  };

  // Route netlink: what the kernel has, and what iproute2 sends to change it.
  const ip = (...argv: string[]): [string, ...string[]] => ['ip', ...argv];
  await run('client', ...ip('link', 'set', 'path0', 'alias', 'first path'));
  await run('client', ...ip('link', 'property', 'add', 'dev', 'path0', 'altname', 'first'));
  const changes: Record<string, ReadonlyArray<string>> = {
    'ip-link-add': [
      'link',
      'add',
      'name',
      'd0',
      'mtu',
      '1400',
      'type',
      'veth',
      'peer',
      'name',
      'd1',
    ],
    'ip-link-set': ['link', 'set', 'dev', 'd0', 'up'],
    'ip-addr-add': ['addr', 'add', '203.0.113.1/24', 'brd', '+', 'dev', 'd0'],
    'ip-addr6-add': ['addr', 'add', '2001:db8:3::1/64', 'dev', 'd0', 'nodad'],
    'ip-route-add-multipath': [
      ...['route', 'add', '203.0.113.128/25', 'table', '1000', 'proto', 'static'],
      ...['nexthop', 'via', '192.0.2.2', 'dev', 'path0', 'weight', '3'],
      ...['nexthop', 'via', '198.51.100.2', 'dev', 'path1'],
    ],
    'ip-route-add-via6': [
      ...['route', 'add', '203.0.113.64/26', 'via', 'inet6', '2001:db8:1::2', 'dev', 'path0'],
      ...['metric', '7', 'mtu', '1300', 'initcwnd', '20', 'congctl', 'reno'],
    ],
    'ip-rule-add': [
      ...['rule', 'add', 'priority', '100', 'from', '192.0.2.0/24', 'fwmark', '0x2a/0xff'],
      ...['ipproto', 'tcp', 'sport', '1000-2000', 'dport', '443', 'uidrange', '0-99'],
      ...['iif', 'path0', 'lookup', '1000'],
    ],
    'ip-neigh-add': [
      ...['neigh', 'add', '192.0.2.9', 'lladdr', '02:00:00:00:00:99', 'dev', 'path0'],
      ...['nud', 'permanent'],
    ],
  };
  for (const [name, argv] of Object.entries(changes)) {
    const lines = await sentBy(lab, 'client', ip(...argv));
    // Before its change ip asks for the interface's index.
    save(name, `strace of: ip ${argv.join(' ')}`, lines.slice(-1));
  }
  await run('client', ...ip('rule', 'add', 'priority', '101', 'to', '198.51.100.0/24', 'prohibit'));
  const route = open(client, NETLINK.ROUTE);
  for (const table of [links, addresses, routes, rules, neighbours]) {
    const name = `${table.name.replace(' ', '-')}-dump`;
    save(name, `dump of ${table.name}s`, exchange(route, table.writeDump(new MessageWriter())));
  }
  save(
    'route-get',
    'lookup of the route to 192.0.2.2',
    exchange(
      route,
      routes.writeGet(new MessageWriter(), {
        family: AF.INET,
        destination: '192.0.2.2' as never,
        destinationLength: 32,
      }),
    ),
  );
  for (const group of [1, 5, 7, 8, 3]) route.setOption(SOL_NETLINK, 1, group);
  await run('client', ...ip('link', 'set', 'dev', 'd0', 'mtu', '1300'));
  await run('client', ...ip('addr', 'del', '203.0.113.1/24', 'dev', 'd0'));
  await run('client', ...ip('route', 'del', '203.0.113.64/26'));
  await run('client', ...ip('rule', 'del', 'priority', '101'));
  await run('client', ...ip('neigh', 'del', '192.0.2.9', 'dev', 'path0'));
  await run('client', ...ip('link', 'del', 'd0'));
  const heard: Array<string> = [];
  for (let length = route.receive(buffer); length > 0; length = route.receive(buffer)) {
    heard.push(`< ${hex(buffer.subarray(0, length))}`);
  }
  save(
    'route-multicasts',
    'multicasts of an MTU change, of addresses, routes, rules and neighbours going, of a link going',
    heard,
  );

  // Errors, with all that an extended acknowledgement may carry.
  const absent = { index: 9999, flags: 1, changeMask: 1 };
  const noLink = links.writeNew(new MessageWriter(), absent, 'change');
  save('error-plain', 'SETLINK of an index that is not there', exchange(route, noLink));
  const uncapped = open(client, NETLINK.ROUTE, [EXT_ACK]);
  const noAddress = addresses.writeNew(new MessageWriter(), {
    family: AF.INET,
    prefixLength: 64,
    interfaceIndex: 1,
    local: '192.0.2.77' as never,
  });
  save(
    'error-message-uncapped',
    'NEWADDR with a prefix of 64 bits, without NETLINK_CAP_ACK: the request is quoted whole',
    exchange(uncapped, noAddress),
  );
  const acked = links.writeNew(
    new MessageWriter(),
    { index: 1, flags: 1, changeMask: 1 },
    'change',
  );
  save('ack', 'acknowledgement of a change that changes nothing', exchange(route, acked));
  uncapped.close();
  route.close();
  const generic = open(client, NETLINK.GENERIC);
  const family = (name: string): ReadonlyArray<string> =>
    exchange(generic, writeGetFamily(new MessageWriter(), name));
  const idOf = (lines: ReadonlyArray<string>): number => {
    const bytes = Buffer.from((lines[1] ?? '').slice(2), 'hex');
    const cursor = new MessageCursor();
    cursor.reset(sourceOf(bytes), bytes.length);
    cursor.next();
    return right(readFamily(cursor)).id;
  };
  const pm = family('mptcp_pm');
  save('family-mptcp_pm', 'GETFAMILY of mptcp_pm', pm);
  save('family-missing', 'GETFAMILY of a name that no family has', family('liquid'));
  save(
    'error-policy',
    'GETFAMILY with a name longer than a name can be',
    family('a-name-that-is-far-too-long'),
  );
  const netdev = idOf(family('netdev'));
  save(
    'error-missing-attribute',
    'DEV_GET of family netdev without its interface',
    exchange(generic, beginGeneric(new MessageWriter(), netdev, 1)),
  );
  for (const [name, id] of [
    ['nlctrl', 16],
    ['mptcp_pm', idOf(pm)],
  ] as const) {
    const request = writeGetPolicy(new MessageWriter(), id);
    save(`policy-${name}`, `GETPOLICY of ${name}`, exchange(generic, request));
  }
  generic.close();

  // Sockets: MPTCP over two paths, IPv6, IPv4-mapped, TCP that refuses to be MPTCP, UDP.
  await run('server', ...ip('mptcp', 'limits', 'set', 'subflow', '2', 'add_addr_accepted', '2'));
  await run('client', ...ip('mptcp', 'limits', 'set', 'subflow', '2', 'add_addr_accepted', '2'));
  await run(
    'client',
    ...ip('mptcp', 'endpoint', 'add', '198.51.100.1', 'dev', 'path1', 'subflow', 'backup'),
  );
  const start = (node: string, ...argv: [string, ...string[]]): Promise<unknown> =>
    lab.spawn(node, argv)().then(right);
  const echo = 'SYSTEM:cat >/dev/null';
  await start('server', 'mptcpize', 'run', 'socat', 'TCP4-LISTEN:5001,fork,reuseaddr', echo);
  await start('server', 'mptcpize', 'run', 'socat', 'TCP6-LISTEN:5002,fork,reuseaddr', echo);
  await start('server', 'socat', 'TCP4-LISTEN:5003,fork,reuseaddr', echo);
  await pause(500);
  const load = 'SYSTEM:head -c 300000 /dev/zero; sleep 60';
  await start(
    'client',
    'mptcpize',
    'run',
    'socat',
    'TCP4:192.0.2.2:5001,bind=192.0.2.1:40001',
    load,
  );
  await start(
    'client',
    ...(['mptcpize', 'run', 'socat'] as const),
    'TCP6:[2001:db8:1::2]:5002,bind=[2001:db8:1::1]:40002',
    load,
  );
  await start(
    'client',
    'mptcpize',
    'run',
    'socat',
    'TCP4:192.0.2.2:5002,bind=192.0.2.1:40003',
    load,
  );
  await start('client', 'socat', 'TCP4:192.0.2.2:5003,bind=192.0.2.1:40004', load);
  await start('client', 'socat', 'UDP4:192.0.2.2:9,bind=192.0.2.1:40005', 'SYSTEM:sleep 60');
  await pause(1500);
  const atClient = open(client, NETLINK.SOCK_DIAG);
  const atServer = open(server, NETLINK.SOCK_DIAG);
  const all =
    DIAG_EXT.INFO |
    DIAG_EXT.MEMINFO |
    DIAG_EXT.SKMEMINFO |
    DIAG_EXT.CONG |
    DIAG_EXT.TOS |
    DIAG_EXT.TCLASS;
  const dump = (
    channel: Channel,
    name: string,
    how: string,
    filter: Parameters<typeof writeDiagDump>[1],
  ): void => {
    const request = writeDiagDump(new MessageWriter(), { extensions: all, ...filter });
    save(name, how, exchange(channel, request));
  };
  const states = CONNECTED_STATES;
  dump(atClient, 'diag-tcp4', 'TCP over IPv4 at the client, subflows of MPTCP', {
    family: 4,
    states,
  });
  dump(atClient, 'diag-tcp6', 'TCP over IPv6 at the client', { family: 6, states });
  dump(atServer, 'diag-mapped', 'TCP of a dual-stack listener: IPv4-mapped addresses', {
    family: 6,
    states,
  });
  dump(atServer, 'diag-listen', 'TCP listeners', { family: 6, states: stateMask(10) });
  dump(atClient, 'diag-mptcp', 'MPTCP at the client', {
    family: 4,
    states,
    protocol: IPPROTO.MPTCP,
  });
  dump(atClient, 'diag-udp', 'UDP at the client', { family: 4, protocol: IPPROTO.UDP });
  dump(atClient, 'diag-bbr', 'TCP at the client with what its congestion control tells', {
    family: 4,
    states,
    extensions: DIAG_EXT.VEGASINFO | DIAG_EXT.CONG,
  });
  save(
    'ss-M',
    'strace of: ss -H -M state established',
    await sentBy(lab, 'client', ['ss', '-H', '-M', 'state', 'established']),
  );
  save(
    'ss-filter',
    'strace of: ss -H -tn dst 192.0.2.2 and ( dport = :5001 or sport ge :40004 )',
    await sentBy(lab, 'client', [
      ...(['ss', '-H', '-tn', 'dst', '192.0.2.2', 'and'] as const),
      ...['(', 'dport', '=', ':5001', 'or', 'sport', 'ge', ':40004', ')'],
    ]),
  );
  const killed = await sentBy(lab, 'client', [
    ...(['ss', '-H', '-K', '-tn', 'dst', '192.0.2.2', 'dport', '=', ':5003'] as const),
  ]);
  save('ss-K', 'strace of: ss -H -K -tn dst 192.0.2.2 dport = :5003', killed);
  atClient.close();
  atServer.close();

  // A packet queue: set up, a packet, its verdict.
  const iptables = (...argv: string[]): Promise<void> => run('server', 'iptables-legacy', ...argv);
  const queue = open(server, NETLINK.NETFILTER);
  const asked = exchange(
    queue,
    writeQueueConfig(new MessageWriter(), 7, {
      command: NFQNL_CFG_CMD.BIND,
      copyMode: NFQNL_COPY.PACKET,
      maxLength: 4096,
      flags: NFQA_CFG_F.GSO | NFQA_CFG_F.FAIL_OPEN | NFQA_CFG_F.UID_GID,
    }),
  );
  save('queue-config', 'CONFIG of queue 7 and its acknowledgement', asked);
  await iptables('-t', 'mangle', '-A', 'PREROUTING', '-j', 'MARK', '--set-mark', '42');
  await iptables(
    ...['-A', 'INPUT', '-p', 'udp', '--dport', '9', '-j', 'NFQUEUE', '--queue-num', '7'],
  );
  await run('client', 'socat', 'SYSTEM:printf liquid', 'UDP4:192.0.2.2:9,bind=192.0.2.1:40006');
  await pause(300);
  const length = queue.receive(buffer);
  const cursor = new MessageCursor();
  cursor.reset(sourceOf(buffer), length);
  cursor.next();
  const packet = emptyQueuePacket();
  if (!readQueuePacketInto(cursor, packet)) throw new Error('no packet');
  save('queue-packet', 'a UDP packet in queue 7, in hook INPUT, with mark 42', [
    `< ${hex(buffer.subarray(0, length))}`,
  ]);
  const verdict = writeQueueVerdict(new MessageWriter(), 7, packet.id, NF.ACCEPT);
  verdict.view.setUint16(6, NLM_F.REQUEST | NLM_F.ACK, true);
  save('queue-verdict', 'the verdict on it and its acknowledgement', exchange(queue, verdict));
  queue.close();
};

mkdirSync(FIXTURES, { recursive: true });
const host = {
  sysctls: {
    'net.mptcp.enabled': 1,
    'net.mptcp.pm_type': 0,
    'net.ipv4.tcp_congestion_control': 'bbr',
  },
};
const lab = right(
  await openNetlab({
    hosts: { client: host, server: host },
    links: [
      {
        ends: [
          {
            node: 'client',
            device: 'path0',
            mac: '02:00:00:00:00:01',
            addresses: ['192.0.2.1/24', '2001:db8:1::1/64'],
          },
          {
            node: 'server',
            device: 'path0',
            mac: '02:00:00:00:00:02',
            addresses: ['192.0.2.2/24', '2001:db8:1::2/64'],
          },
        ],
      },
      {
        ends: [
          {
            node: 'client',
            device: 'path1',
            mac: '02:00:00:00:01:01',
            addresses: ['198.51.100.1/24', '2001:db8:2::1/64'],
          },
          {
            node: 'server',
            device: 'path1',
            mac: '02:00:00:00:01:02',
            addresses: ['198.51.100.2/24', '2001:db8:2::2/64'],
          },
        ],
      },
    ],
  })(),
);
try {
  await record(lab);
} finally {
  await lab.stop();
}
