/** rtnetlink: what the kernel and iproute2 said, and every entry of every table round. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  AF,
  addresses,
  FR_ACT,
  IFF,
  type InterfaceAddressEntry,
  type Link,
  links,
  MessageWriter,
  type Neighbour,
  neighbours,
  NLM_F,
  NUD,
  ownAddress,
  type Route,
  type RouteTable,
  RTM,
  routes,
  RTN,
  RTPROT,
  type Rule,
  rules,
} from '../src/index.js';
import {
  byte,
  bytes,
  hardware,
  ip,
  partial,
  u16,
  u32,
  u64,
  unknown,
  word,
} from './support/arbitraries.js';
import { cases } from './support/cases.js';
import { eachMessage, firstOf, messageOf, readAll, recorded, right } from './support/messages.js';

const dump = <A>(table: RouteTable<A>): ReadonlyArray<A> =>
  readAll(`${table.name.replace(' ', '-')}-dump`, (message) => right(table.read(message)));

const request = <A>(name: string, table: RouteTable<A>): A => {
  const [datagram] = recorded(name, '>');
  if (datagram === undefined) throw new Error(`nothing in ${name}`);
  const message = firstOf(datagram);
  expect(message.type).toBe(table.types.new);
  return right(table.read(message));
};

test('links of the recorded host', () => {
  const found = dump(links);
  const path0 = found.find(({ name }) => name === 'path0');
  expect(path0).toMatchObject({
    address: '02:00:00:00:00:01',
    type: 1,
    mtuBytes: 1500,
    alias: 'first path',
    alternativeNames: ['first'],
    info: { kind: 'veth' },
    carrier: true,
  });
  expect((path0?.flags ?? 0) & (IFF.UP | IFF.LOWER_UP)).toBe(IFF.UP | IFF.LOWER_UP);
  expect(path0?.counters?.txPackets).toBeGreaterThan(0n);
  expect(found.find(({ name }) => name === 'lo')?.type).toBe(772);
});

test('addresses of the recorded host', () => {
  const found = dump(addresses);
  expect(found.map(ownAddress)).toEqual(
    expect.arrayContaining(['127.0.0.1', '192.0.2.1', '198.51.100.1', '2001:db8:1::1']),
  );
  expect(found.find((one) => ownAddress(one) === '203.0.113.1')).toMatchObject({
    prefixLength: 24,
    broadcast: '203.0.113.255',
    flags: 0x80,
    label: 'd0',
  });
});

test('routes of the recorded host: several next hops, and a gateway of the other family', () => {
  const found = dump(routes);
  expect(found.find(({ table }) => table === 1000)).toMatchObject({
    destination: '203.0.113.128',
    destinationLength: 25,
    protocol: RTPROT.STATIC,
    type: RTN.UNICAST,
    multipath: [
      { gateway: '192.0.2.2', hops: 2 },
      { gateway: '198.51.100.2', hops: 0 },
    ],
  });
  expect(found.find(({ via }) => via !== undefined)).toMatchObject({
    via: '2001:db8:1::2',
    priority: 7,
    metrics: { mtuBytes: 1300, initialCwnd: 20, congestionControl: 'reno' },
  });
  const [lookup] = readAll('route-get', (message) => right(routes.read(message)));
  expect(lookup).toMatchObject({ destination: '192.0.2.2', preferredSource: '192.0.2.1' });
});

test('rules and neighbours of the recorded host', () => {
  expect(dump(rules).find(({ priority }) => priority === 100)).toMatchObject({
    source: '192.0.2.0',
    sourceLength: 24,
    table: 1000,
    mark: 42,
    markMask: 255,
    ipProtocol: 6,
    sourcePorts: { start: 1000, end: 2000 },
    destinationPorts: { start: 443, end: 443 },
    uids: { start: 0, end: 99 },
    inInterface: 'path0',
  });
  expect(dump(rules).find(({ priority }) => priority === 101)?.action).toBe(FR_ACT.PROHIBIT);
  expect(dump(neighbours).find(({ destination }) => destination === '192.0.2.9')).toMatchObject({
    linkLayerAddress: '02:00:00:00:00:99',
    state: NUD.PERMANENT,
  });
});

test('what iproute2 asks is understood', () => {
  expect(request('ip-link-add', links)).toMatchObject({
    name: 'd0',
    mtuBytes: 1400,
    info: { kind: 'veth' },
  });
  expect(request('ip-link-set', links)).toMatchObject({ flags: IFF.UP, changeMask: IFF.UP });
  expect(request('ip-addr-add', addresses)).toMatchObject({
    local: '203.0.113.1',
    address: '203.0.113.1',
    prefixLength: 24,
    broadcast: '203.0.113.255',
  });
  expect(request('ip-addr6-add', addresses)).toMatchObject({
    local: '2001:db8:3::1',
    flags: 2,
  });
  expect(request('ip-route-add-multipath', routes).multipath).toHaveLength(2);
  expect(request('ip-route-add-via6', routes).via).toBe('2001:db8:1::2');
  expect(request('ip-rule-add', rules)).toMatchObject({ mark: 42, markMask: 255, table: 1000 });
  expect(request('ip-neigh-add', neighbours)).toMatchObject({
    destination: '192.0.2.9',
    linkLayerAddress: '02:00:00:00:00:99',
    state: NUD.PERMANENT,
  });
});

test('changes as they were multicast, each read by its own table only', () => {
  const heard: Array<string> = [];
  eachMessage(recorded('route-multicasts', '<'), (message) => {
    const changes = [links, addresses, routes, rules, neighbours].flatMap((table) => {
      const change = table.readChange(message);
      return change === undefined
        ? []
        : [`${table.name} ${right<{ change: string }>(change).change}`];
    });
    expect(changes).toHaveLength(1);
    heard.push(...changes);
  });
  expect(new Set(heard)).toEqual(
    new Set([
      'link new',
      'link delete',
      'interface address delete',
      'route delete',
      'rule delete',
      'neighbour new',
      'neighbour delete',
    ]),
  );
});

const dumpRequests = [links, addresses, routes, rules, neighbours];
test('dump requests are, byte for byte, those that the kernel answered', () => {
  for (const table of dumpRequests) {
    const [sent] = recorded(`${table.name.replace(' ', '-')}-dump`, '>');
    expect(table.writeDump(new MessageWriter()).finish()).toEqual(sent);
  }
});

const nested = <A extends object>(model: Parameters<typeof partial<A>>[0]) => partial<A>(model);
const counters = fc.array(u64, { minLength: 25, maxLength: 25 }).map((values) => {
  const names = [
    ...['rxPackets', 'txPackets', 'rxBytes', 'txBytes', 'rxErrors', 'txErrors', 'rxDropped'],
    ...['txDropped', 'multicast', 'collisions', 'rxLengthErrors', 'rxOverErrors'],
    ...['rxCrcErrors', 'rxFrameErrors', 'rxFifoErrors', 'rxMissedErrors', 'txAbortedErrors'],
    ...['txCarrierErrors', 'txFifoErrors', 'txHeartbeatErrors', 'txWindowErrors'],
    ...['rxCompressed', 'txCompressed', 'rxNoHandler', 'rxOtherHostDropped'],
  ];
  return Object.fromEntries(names.map((name, i) => [name, values[i] ?? 0n]));
}) as unknown as fc.Arbitrary<NonNullable<Link['counters']>>;
const s32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

/** A fixed part that is always there, and attributes that may be. */
const entry = <A extends object>(
  fixed: fc.Arbitrary<object>,
  attributes: fc.Arbitrary<object>,
): fc.Arbitrary<A> =>
  fc
    .tuple(fixed, attributes, fc.option(unknown, { nil: undefined }))
    .map(([head, rest, more]) =>
      Object.assign({}, head, rest, more === undefined ? {} : { unknown: more }),
    ) as unknown as fc.Arbitrary<A>;

const link = entry<Link>(
  fc.record({ family: byte, type: u16, index: s32, flags: u32, changeMask: u32 }),
  nested<Omit<Link, 'family' | 'type' | 'index' | 'flags' | 'changeMask' | 'unknown'>>({
    address: hardware,
    broadcast: hardware,
    name: word,
    mtuBytes: u32,
    link: u32,
    queueing: word,
    master: u32,
    transmitQueueLength: u32,
    operationalState: byte,
    linkMode: byte,
    info: nested<NonNullable<Link['info']>>({
      kind: word,
      data: bytes,
      statistics: bytes,
      slaveKind: word,
      slaveData: bytes,
      unknown,
    }),
    namespacePid: u32,
    namespaceFd: u32,
    alias: word,
    counters,
    afSpec: fc.array(fc.tuple(fc.constantFrom(AF.INET, AF.INET6), bytes), { maxLength: 3 }),
    group: u32,
    promiscuity: u32,
    allMulticast: u32,
    transmitQueues: u32,
    receiveQueues: u32,
    carrier: fc.boolean(),
    carrierChanges: u32,
    carrierUpCount: u32,
    carrierDownCount: u32,
    linkNamespaceId: s32,
    protocolDown: fc.boolean(),
    gsoMaxSegments: u32,
    gsoMaxBytes: u32,
    groMaxBytes: u32,
    tsoMaxBytes: u32,
    tsoMaxSegments: u32,
    gsoIpv4MaxBytes: u32,
    groIpv4MaxBytes: u32,
    headroomBytes: u16,
    tailroomBytes: u16,
    namespaceImmutable: fc.boolean(),
    minMtuBytes: u32,
    maxMtuBytes: u32,
    alternativeNames: fc.array(word, { maxLength: 3 }),
    permanentAddress: hardware,
    parentName: word,
    parentBus: word,
    event: u32,
  }),
);

const address = entry<InterfaceAddressEntry>(
  fc.record({ family: byte, prefixLength: byte, flags: u32, scope: byte, interfaceIndex: u32 }),
  nested<
    Omit<
      InterfaceAddressEntry,
      'family' | 'prefixLength' | 'flags' | 'scope' | 'interfaceIndex' | 'unknown'
    >
  >({
    address: ip,
    local: ip,
    label: word,
    broadcast: ip,
    anycast: ip,
    multicast: ip,
    lifetime: fc.record({ preferredSec: u32, validSec: u32, createdCs: u32, updatedCs: u32 }),
    routePriority: u32,
    targetNamespaceId: s32,
    protocol: byte,
  }),
);

const hop = fc
  .tuple(
    fc.record({ flags: byte, hops: byte, interfaceIndex: s32 }),
    fc.record(
      { gateway: ip, via: ip, flow: u32, encapType: u16, encap: bytes },
      { requiredKeys: [] },
    ),
  )
  .map(([head, rest]) => ({ ...head, ...rest }));

const route = entry<Route>(
  fc.record({
    family: byte,
    destinationLength: byte,
    sourceLength: byte,
    tos: byte,
    table: u32,
    protocol: byte,
    scope: byte,
    type: byte,
    flags: u32,
  }),
  fc.record(
    {
      destination: ip,
      source: ip,
      inInterface: u32,
      outInterface: u32,
      gateway: ip,
      via: ip,
      priority: u32,
      preferredSource: ip,
      metrics: nested<NonNullable<Route['metrics']>>({
        lock: u32,
        mtuBytes: u32,
        windowBytes: u32,
        rtt: u32,
        rttvar: u32,
        ssthresh: u32,
        cwnd: u32,
        advertisedMssBytes: u32,
        reordering: u32,
        hopLimit: u32,
        initialCwnd: u32,
        features: u32,
        rtoMinMs: u32,
        initialReceiveWindow: u32,
        quickAck: u32,
        congestionControl: word,
        fastOpenNoCookie: u32,
        unknown,
      }),
      multipath: fc.array(hop, { maxLength: 4 }),
      flow: u32,
      cache: fc.record({
        clients: u32,
        lastUsedCs: u32,
        expiresCs: u32,
        error: u32,
        used: u32,
        id: u32,
        timestamp: u32,
        timestampAge: u32,
      }),
      mark: u32,
      preference: byte,
      encapType: u16,
      encap: bytes,
      expiresSec: u32,
      uid: u32,
      ttlPropagate: byte,
      ipProtocol: byte,
      sourcePort: u16,
      destinationPort: u16,
      nextHopId: u32,
    },
    { requiredKeys: [] },
  ),
);

const range = fc.record({ start: u16, end: u16 });
const rule = entry<Rule>(
  fc.record({
    family: byte,
    destinationLength: byte,
    sourceLength: byte,
    tos: byte,
    table: u32,
    action: byte,
    flags: u32,
  }),
  fc.record(
    {
      destination: ip,
      source: ip,
      inInterface: word,
      outInterface: word,
      goto: u32,
      priority: u32,
      mark: u32,
      markMask: u32,
      flow: u32,
      tunnelId: u64,
      suppressInterfaceGroup: u32,
      suppressPrefixLength: u32,
      l3mdev: byte,
      uids: fc.record({ start: u32, end: u32 }),
      protocol: byte,
      ipProtocol: byte,
      sourcePorts: range,
      destinationPorts: range,
      dscp: byte,
      flowLabel: u32,
      flowLabelMask: u32,
    },
    { requiredKeys: [] },
  ),
);

const neighbour = entry<Neighbour>(
  fc.record({ family: byte, interfaceIndex: s32, state: u16, flags: byte, type: byte }),
  fc.record(
    {
      destination: ip,
      linkLayerAddress: hardware,
      cache: fc.record({ confirmedCs: u32, usedCs: u32, updatedCs: u32, references: u32 }),
      probes: u32,
      vlan: u16,
      port: u16,
      vni: u32,
      master: u32,
      linkNamespaceId: s32,
      sourceVni: u32,
      protocol: byte,
      nextHopId: u32,
      fdb: bytes,
      extendedFlags: u32,
    },
    { requiredKeys: [] },
  ),
);

const goesRound = <A extends object>(table: RouteTable<A>, values: fc.Arbitrary<A>): void => {
  test(`every ${table.name} goes round, to make, to end and to ask for`, () => {
    fc.assert(
      fc.property(values, (value) => {
        const writer = new MessageWriter();
        const made = messageOf(table.writeNew(writer, value, 'replace'));
        expect(made.flags).toBe(NLM_F.REQUEST | NLM_F.ACK | NLM_F.CREATE | NLM_F.REPLACE);
        expect(right(table.read(made))).toEqual(value);
        const change = table.readChange(made);
        expect(change === undefined ? undefined : right(change)).toEqual({ change: 'new', value });
        const ended = table.readChange(messageOf(table.writeDelete(writer, value)));
        expect(ended === undefined ? undefined : right(ended)).toEqual({ change: 'delete', value });
        const asked = messageOf(table.writeGet(writer, value));
        expect(asked.type).toBe(table.types.get);
        expect(right(table.read(asked))).toEqual(value);
      }),
      cases(0.01),
    );
  });
};
goesRound(links, link);
goesRound(addresses, address);
goesRound(routes, route);
goesRound(rules, rule);
goesRound(neighbours, neighbour);

test('tables tell their messages apart', () => {
  const message = messageOf(new MessageWriter().begin(RTM.NEWROUTE, 0));
  expect(links.readChange(message)).toBeUndefined();
  expect(routes.readChange(message)).toMatchObject({ left: { _tag: 'Decode' } });
});

test('what is longer than an attribute is a bug, and no shorter list', () => {
  const hop = { flags: 0, hops: 0, interfaceIndex: 1 };
  const of = (count: number) => () =>
    routes.writeNew(new MessageWriter(), { multipath: Array.from({ length: count }, () => hop) });
  expect(of(8191)).not.toThrow();
  expect(of(8192)).toThrow(/^bug: /);
});
