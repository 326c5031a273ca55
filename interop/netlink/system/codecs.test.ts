/** The codecs on the running kernel: what it says is read whole, what we write it takes. */
import {
  AF,
  addresses,
  CONNECTED_STATES,
  CTRL_ATTR,
  CTRL_CMD,
  diagBytecode,
  diagDump,
  diagEach,
  diagOne,
  diagToken,
  emptyQueuePacket,
  familyPolicies,
  GENL_ID_CTRL,
  groupOf,
  IPPROTO,
  IFF,
  links,
  listFamilies,
  MessageCursor,
  MessageWriter,
  NETLINK,
  NF,
  NFQA_CFG_F,
  NFQNL_CFG_CMD,
  NFQNL_COPY,
  NL_ATTR_TYPE,
  nativeTransport,
  neighbours,
  NUD,
  openPacketQueue,
  ownAddress,
  queuePayload,
  type RouteChange,
  readQueuePacketInto,
  resolveFamily,
  routes,
  RT_SCOPE,
  RT_TABLE,
  RTN,
  RTPROT,
  rules,
  sockDestroy,
  sourceOf,
  writeQueueConfig,
  writeQueueVerdict,
  writeQueueVerdictBatch,
} from '@liquid/netlink';
import { type IpAddress, parseIpAddress } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { expect } from 'vitest';
import { right, systemTest } from './machine.ts';
import { output, pause, withPaths, withSocket } from './paths.ts';

const ip = (text: string): IpAddress => right(parseIpAddress(text));

systemTest('what the controller says of itself is all known here', async () => {
  await withSocket(undefined, NETLINK.GENERIC, async (socket) => {
    const { operations, policies } = right(await familyPolicies(socket, GENL_ID_CTRL)());
    const known = new Set<number>(Object.values(CTRL_ATTR));
    const told = new Set(policies.flatMap((types) => [...types.keys()]));
    expect([...told].filter((type) => !known.has(type))).toEqual([]);
    const [first] = policies;
    expect(first?.get(CTRL_ATTR.FAMILY_NAME)).toEqual({
      type: NL_ATTR_TYPE.NUL_STRING,
      maxLength: 15,
    });
    const commands = new Set<number>(Object.values(CTRL_CMD));
    const unknown = operations.filter(({ command }) => command !== 0 && !commands.has(command));
    expect(unknown).toEqual([]);
    console.log(
      `nlctrl: policies of ${operations.length} operations, ${told.size} attributes, all known`,
    );
  });
});

systemTest('families, their groups, and one that is not there', async () => {
  await withSocket(undefined, NETLINK.GENERIC, async (socket) => {
    const pm = right(await resolveFamily(socket, 'mptcp_pm')());
    const all = right(await listFamilies(socket)());
    expect(all).toContainEqual(pm);
    expect(all.find(({ name }) => name === 'nlctrl')?.id).toBe(GENL_ID_CTRL);
    expect(right(groupOf(pm, 'mptcp_pm_events'))).toBeGreaterThan(0);
    const missing = await resolveFamily(socket, 'liquid')();
    expect(missing).toMatchObject({ left: { _tag: 'Unsupported', code: 'ENOENT' } });
  });
});

systemTest('tables of the network: made, changed, followed, asked for and ended', async () => {
  await withPaths(async (lab) => {
    await withSocket({ lab, node: 'client' }, NETLINK.ROUTE, async (socket) => {
      const heard: Array<string> = [];
      const listen = (name: string) => (change: RouteChange<unknown>) => {
        heard.push(`${name} ${change.change}`);
      };
      const ends = [
        right(links.follow(socket, listen('link'))),
        right(addresses.follow(socket, listen('address'))),
        right(routes.follow(socket, listen('route'))),
        right(rules.follow(socket, listen('rule'))),
        right(neighbours.follow(socket, listen('neighbour'))),
      ];
      const path0 = right(await links.dump(socket)()).find(({ name }) => name === 'path0');
      if (path0 === undefined) throw new Error('no path0');
      expect(path0.flags & IFF.LOWER_UP).not.toBe(0);
      const { index } = path0;

      right(await links.put(socket, { index, mtuBytes: 1400 }, 'change')());
      expect(right(await links.get(socket, { index })()).mtuBytes).toBe(1400);
      expect(await output(lab, 'client', 'ip', 'link', 'show', 'path0')).toContain('mtu 1400');

      const address = {
        family: AF.INET,
        prefixLength: 24,
        interfaceIndex: index,
        scope: RT_SCOPE.UNIVERSE,
      };
      const local = ip('203.0.113.1');
      right(await addresses.put(socket, { ...address, local, address: local })());
      expect(right(await addresses.dump(socket, AF.INET)()).map(ownAddress)).toContain(local);
      expect(await output(lab, 'client', 'ip', 'addr')).toContain('203.0.113.1/24');
      const again = await addresses.put(socket, { ...address, local, address: local })();
      expect(again).toMatchObject({ left: { _tag: 'KernelRefusal', code: 'EEXIST' } });

      const route = {
        family: AF.INET,
        destination: ip('192.0.2.0'),
        destinationLength: 24,
        table: 1000,
        protocol: RTPROT.STATIC,
        scope: RT_SCOPE.UNIVERSE,
        type: RTN.UNICAST,
        metrics: { mtuBytes: 1300, congestionControl: 'reno' },
        multipath: [
          { flags: 0, hops: 0, interfaceIndex: index, gateway: ip('198.18.0.2') },
          { flags: 0, hops: 4, interfaceIndex: index, gateway: ip('203.0.113.9') },
        ],
      };
      right(await routes.put(socket, route)());
      const made = right(await routes.dump(socket, AF.INET)()).find(({ table }) => table === 1000);
      expect(made).toMatchObject(route);
      expect(await output(lab, 'client', 'ip', 'route', 'show', 'table', '1000')).toContain(
        'weight 5',
      );
      const lookup = { family: AF.INET, destination: ip('198.18.0.2'), destinationLength: 32 };
      expect(right(await routes.get(socket, lookup)())).toMatchObject({
        outInterface: index,
        preferredSource: '198.18.0.1',
      });

      const rule = {
        family: AF.INET,
        priority: 77,
        table: 1000,
        action: 1,
        mark: 42,
        markMask: 255,
        ipProtocol: IPPROTO.TCP,
        sourcePorts: { start: 1000, end: 2000 },
        destinationPorts: { start: 443, end: 443 },
      };
      right(await rules.put(socket, rule)());
      const found = right(await rules.dump(socket, AF.INET)()).find(
        ({ priority }) => priority === 77,
      );
      expect(found).toMatchObject(rule);
      expect(await output(lab, 'client', 'ip', 'rule')).toMatch(/sport 1000-2000.*dport 443/);

      const neighbour = {
        family: AF.INET,
        interfaceIndex: index,
        state: NUD.PERMANENT,
        destination: ip('198.18.0.9'),
        linkLayerAddress: '02:00:00:00:00:99',
      };
      right(await neighbours.put(socket, neighbour, 'replace')());
      const key = { family: AF.INET, interfaceIndex: index, destination: neighbour.destination };
      expect(right(await neighbours.get(socket, key)())).toMatchObject(neighbour);

      right(await neighbours.remove(socket, key)());
      right(await rules.remove(socket, rule)());
      right(await routes.remove(socket, route)());
      right(await addresses.remove(socket, { ...address, local })());
      const gone = await routes.remove(socket, { ...route, table: RT_TABLE.MAIN })();
      expect(gone).toMatchObject({ left: { _tag: 'KernelRefusal', code: 'ESRCH' } });
      await pause(200);
      for (const name of ['address', 'route', 'rule', 'neighbour']) {
        expect(heard).toContain(`${name} new`);
        expect(heard).toContain(`${name} delete`);
      }
      expect(heard).toContain('link new');
      for (const end of ends) end();

      const everything = [
        ...right(await links.dump(socket)()),
        ...right(await addresses.dump(socket)()),
        ...right(await routes.dump(socket)()),
        ...right(await rules.dump(socket)()),
        ...right(await neighbours.dump(socket)()),
      ];
      const unknown = new Set(
        everything.flatMap((entry) => (entry.unknown ?? []).map(({ type }) => type)),
      );
      console.log(
        `${everything.length} entries; attributes kept unknown: ${[...unknown].join(' ') || 'none'}`,
      );
    });
  });
});

systemTest(
  'sockets as ss lists them: IPv4, IPv6, IPv4-mapped, MPTCP; one, some and none',
  async () => {
    await withPaths(async (lab) => {
      const start = async (node: string, ...argv: [string, ...string[]]): Promise<void> => {
        right(await lab.spawn(node, argv)());
      };
      await start('server', 'mptcpize', 'run', 'socat', 'TCP6-LISTEN:5001,fork', 'SYSTEM:cat');
      await pause(500);
      const load = 'SYSTEM:head -c 100000 /dev/zero; sleep 60';
      await start('client', 'mptcpize', 'run', 'socat', 'TCP4:198.18.0.2:5001', load);
      await start('client', 'mptcpize', 'run', 'socat', 'TCP6:[2001:db8:1::2]:5001', load);
      await start('client', 'socat', 'TCP4:198.18.1.2:5001', load);
      await pause(1000);
      for (const node of ['client', 'server']) {
        await withSocket({ lab, node }, NETLINK.SOCK_DIAG, async (socket) => {
          const query = { states: CONNECTED_STATES };
          const sockets = right(await diagDump(socket, query)());
          const listed = await output(lab, node, 'ss', '-Htni', 'state', 'connected');
          const ends = listed
            .split('\n')
            .map((line) => /^\S+\s+\d+\s+\d+\s+(\S+)\s+(\S+)/.exec(line))
            .flatMap((match) => (match === null ? [] : [`${match[1]} ${match[2]}`]));
          const end = (address: string, port: number): string =>
            address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
          const bare = (text: string): string => text.replace(/%\w+/g, '');
          expect(
            sockets
              .map(({ id }) => `${end(id.local, id.localPort)} ${end(id.remote, id.remotePort)}`)
              .toSorted(),
          ).toEqual(ends.map(bare).toSorted());
          expect(sockets.length).toBeGreaterThanOrEqual(3);
          expect(right(await diagEach(socket, query, () => {})())).toBe(sockets.length);
          for (const { id, unknown } of sockets) {
            expect(unknown).toBeUndefined();
            expect(right(await diagOne(socket, id)()).id).toEqual(id);
            const other = await diagOne(socket, { ...id, cookie: id.cookie + 1000n })();
            expect(other).toMatchObject({ left: { _tag: 'NotFound' } });
          }
          const tokens = sockets.flatMap(({ upperLayer }) => upperLayer?.mptcp?.tokenLocal ?? []);
          expect(tokens.length).toBeGreaterThanOrEqual(2);
          for (const token of tokens) {
            expect(right(await diagToken(socket, token)()).mptcp?.token).toBe(token);
          }
          const connections = right(
            await diagDump(socket, { ...query, protocol: IPPROTO.MPTCP })(),
          );
          expect(connections.map(({ mptcp }) => mptcp?.token).toSorted()).toEqual(
            [...new Set(tokens)].toSorted(),
          );
          // The kernel checks a bytecode before it runs it: that it took ours is half of the proof.
          const local = sockets.filter(({ id }) => id.local.includes('198.18.1'));
          const bytecode = diagBytecode({
            any: [
              { local: '198.18.1.0/24' as never, not: { remotePorts: [1, 2] } },
              { all: [{ localPorts: [1, 1] }, { remotePorts: [3, 9] }] },
            ],
          });
          const some = right(await diagDump(socket, { ...query, bytecode })());
          expect(some.map(({ id }) => id)).toEqual(local.map(({ id }) => id));
          expect(some).toHaveLength(1);
        });
      }
      await withSocket({ lab, node: 'client' }, NETLINK.SOCK_DIAG, async (socket) => {
        const sockets = right(await diagDump(socket, { family: 4, states: CONNECTED_STATES })());
        const [plain] = sockets.filter(({ upperLayer }) => upperLayer === undefined);
        if (plain === undefined) throw new Error('no plain TCP');
        right(await sockDestroy(socket, plain.id)());
        expect(await sockDestroy(socket, plain.id)()).toMatchObject({ left: { _tag: 'NotFound' } });
        expect(E.isLeft(await diagOne(socket, plain.id)())).toBe(true);
      });
    });
  },
);

systemTest('a packet queue: accepted, dropped, mangled, decided in a batch', async () => {
  await withPaths(async (lab) => {
    const namespacePath = `/run/netns/${right(lab.namespaceOf('server'))}`;
    const queue = right(
      right(nativeTransport()).openChannel({ protocol: NETLINK.NETFILTER, namespacePath }),
    );
    const bytes = new Uint8Array(65_536);
    const cursor = new MessageCursor();
    const packet = emptyQueuePacket();
    const writer = new MessageWriter();
    const send = (request: MessageWriter): void => {
      expect(queue.send(request.finish(), request.length)).toBeGreaterThanOrEqual(0);
    };
    const next = async (): Promise<Uint8Array> => {
      for (let tries = 0; tries < 100; tries++) {
        const length = queue.receive(bytes);
        if (length < 0) {
          await pause(20);
          continue;
        }
        cursor.reset(sourceOf(bytes), length);
        while (cursor.next()) if (readQueuePacketInto(cursor, packet)) return queuePayload(packet);
      }
      throw new Error('no packet came');
    };
    try {
      send(
        writeQueueConfig(writer, 9, {
          command: NFQNL_CFG_CMD.BIND,
          copyMode: NFQNL_COPY.PACKET,
          maxLength: 100,
          flags: NFQA_CFG_F.GSO | NFQA_CFG_F.FAIL_OPEN,
        }),
      );
      await output(
        lab,
        'server',
        ...(['iptables-legacy', '-A', 'INPUT', '-p', 'udp', '--dport', '9', '-j'] as const),
        ...['NFQUEUE', '--queue-num', '9'],
      );
      const listener = right(
        await lab.spawn('server', ['socat', '-u', 'UDP4-RECV:9,reuseaddr', 'STDOUT'])(),
      );
      const heard: Array<string> = [];
      listener.events.on((event) => {
        if (event._tag === 'Line') heard.push(event.line);
      });
      await pause(300);
      const say = (word: string): Promise<string> =>
        output(lab, 'client', 'socat', '-u', `SYSTEM:echo ${word}`, 'UDP4:198.18.0.2:9');
      const text = (payload: Uint8Array): string => Buffer.from(payload.subarray(28)).toString();
      await say('first');
      expect(text(await next())).toBe('first\n');
      expect(packet.queue).toBe(9);
      send(writeQueueVerdict(writer, 9, packet.id, NF.ACCEPT));
      await say('dropped');
      await next();
      send(writeQueueVerdict(writer, 9, packet.id, NF.DROP));
      await say('second');
      const mangled = (await next()).slice();
      mangled.set(Buffer.from('SECOND'), 28);
      // No checksum is what UDP over IPv4 may send.
      mangled.set([0, 0], 26);
      send(writeQueueVerdict(writer, 9, packet.id, NF.ACCEPT, -1, mangled));
      await say('third');
      await next();
      await say('fourth');
      await next();
      await pause(200);
      expect(heard).toEqual(['first', 'SECOND']);
      send(writeQueueVerdictBatch(writer, 9, packet.id, NF.ACCEPT));
      await pause(300);
      expect(heard).toEqual(['first', 'SECOND', 'third', 'fourth']);
    } finally {
      queue.close();
    }
  });
});

systemTest('an open packet queue decides on every packet, and is gone when it stops', async () => {
  await withPaths(async (lab) => {
    const namespace = right(lab.namespaceOf('server'));
    const sizes: Array<number> = [];
    const queue = right(
      await openPacketQueue({
        queue: 3,
        namespace,
        onPacket: ({ id, payloadStart, payloadEnd }, at) => {
          sizes.push(payloadEnd - payloadStart);
          // Every second echo request is dropped.
          at.verdict(id, sizes.length % 2 === 0 ? NF.DROP : NF.ACCEPT);
        },
      })(),
    );
    const twice = await openPacketQueue({ queue: 3, namespace, onPacket: () => {} })();
    expect(twice).toMatchObject({ left: { _tag: 'Conflict', path: '3' } });
    await output(
      lab,
      'server',
      ...(['iptables-legacy', '-A', 'INPUT', '-p', 'icmp', '-j', 'NFQUEUE'] as const),
      ...['--queue-num', '3'],
    );
    const said = await output(
      lab,
      'client',
      ...(['ping', '-q', '-c', '10', '-i', '0.05', '-W', '1', '198.18.0.2'] as const),
    );
    expect(said).toMatch(/10 packets transmitted, 5 received/);
    expect(sizes).toEqual(Array.from({ length: 10 }, () => 84));
    expect(queue.stats()).toEqual({ packets: 10, verdicts: 10, overruns: 0 });
    right(await queue.stop());
    expect(await output(lab, 'server', 'cat', '/proc/net/netfilter/nfnetlink_queue')).toBe('');
  });
});
