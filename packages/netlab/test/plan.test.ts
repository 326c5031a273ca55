/** The planner: order, undo, names, determinism, and what does not fit together. */
import * as E from 'fp-ts/lib/Either.js';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isDeviceName,
  type NetworkDescription,
  type NetworkPlan,
  planNetwork,
  undoCommands,
} from '../src/index.js';
import { cases, network } from './arbitrary.js';

const ID = 'lq-4711-abc-00c0ffee-0';

const planOf = (description: NetworkDescription): NetworkPlan => {
  const plan = planNetwork(description, ID);
  if (E.isLeft(plan)) throw new Error(plan.left.message);
  return plan.right;
};

const errorOf = (description: unknown): { _tag: string; message: string; path?: string } => {
  const plan = planNetwork(description as NetworkDescription, ID);
  if (E.isRight(plan)) throw new Error('it was planned');
  return plan.left;
};

const lines = (plan: NetworkPlan): string[] => plan.steps.map(({ argv }) => argv.join(' '));

describe('any network', () => {
  const runs = { numRuns: cases(1 / 200) };

  test('is planned the same twice', () => {
    fc.assert(
      fc.property(network, (description) => {
        expect(planOf(description)).toEqual(planOf(structuredClone(description)));
      }),
      runs,
    );
  });

  test('has an undo for everything that is made, last made first', () => {
    fc.assert(
      fc.property(network, (description) => {
        const plan = planOf(description);
        const made = plan.steps.filter(({ argv }) =>
          /^ip (?:netns|.* link) add /.test(argv.join(' ')),
        );
        expect(made.every(({ undo }) => undo !== null)).toBe(true);
        expect(undoCommands(plan)).toEqual(made.map(({ undo }) => undo).reverse());
        // A plan cut short is undone as far as it got.
        const done = Math.floor(plan.steps.length / 2);
        const madeSoFar = plan.steps.slice(0, done).filter(({ undo }) => undo !== null);
        expect(undoCommands(plan, done)).toHaveLength(madeSoFar.length);
      }),
      runs,
    );
  });

  test('uses no namespace before it is made, and none but its own', () => {
    fc.assert(
      fc.property(network, (description) => {
        const made = new Set<string>();
        for (const { argv, namespace } of planOf(description).steps) {
          if (argv[1] === 'netns' && argv[2] === 'add') made.add(argv[3] ?? '');
          const named = argv.filter((word) => word.startsWith('lq-'));
          expect(named.length).toBeGreaterThan(0);
          expect(named.every((name) => made.has(name))).toBe(true);
          expect(made.has(namespace)).toBe(true);
        }
      }),
      runs,
    );
  });

  test('names every interface once in its namespace, in at most 15 characters', () => {
    fc.assert(
      fc.property(network, (description) => {
        const { devices } = planOf(description);
        const names = devices.map(({ namespace, device }) => `${namespace} ${device}`);
        expect(new Set(names).size).toBe(names.length);
        expect(devices.every(({ device }) => isDeviceName(device))).toBe(true);
        expect(devices).toHaveLength(2 * (description.links?.length ?? 0));
      }),
      runs,
    );
  });

  test('becomes arguments, never a line for a shell', () => {
    fc.assert(
      fc.property(network, (description) => {
        for (const { argv } of planOf(description).steps) {
          expect(['ip', 'tc']).toContain(argv[0]);
          expect(argv.every((word) => /^[^\s;|&$`'"\\]+$/.test(word))).toBe(true);
        }
      }),
      runs,
    );
  });
});

describe('a client, a switch and a server', () => {
  const plan = planOf({
    hosts: {
      client: {
        forwarding: true,
        sysctls: { 'net.ipv4.conf.eth0.rp_filter': 0, 'net.ipv4.tcp_sack': 1 },
        routes: [
          { to: 'default', via: '10.0.0.2' },
          { to: 'fd01::/16', device: 'eth0', metric: 7, table: 9 },
        ],
        rules: [{ priority: 5, table: 9, from: 'fd00::/16' }],
      },
      server: {},
    },
    switches: { middle: { stp: true } },
    links: [
      {
        ends: [
          { node: 'client', addresses: ['10.0.0.1/24', 'fd00::1/64'], mac: '02:00:00:00:00:01' },
          { node: 'middle' },
        ],
        mtu: 9000,
      },
      {
        ends: [
          { node: 'middle', queueLength: 7 },
          { node: 'server', device: 'up0' },
        ],
        offload: true,
      },
    ],
  });
  const text = lines(plan);

  test.each([
    `ip -n ${ID}-client link add name eth0 mtu 9000 address 02:00:00:00:00:01 type veth peer name p0 mtu 9000 netns ${ID}-middle`,
    `ip -n ${ID}-middle link add name p1 mtu 1500 txqueuelen 7 type veth peer name up0 mtu 1500 netns ${ID}-server`,
    `ip -n ${ID}-middle link add name br0 type bridge stp_state 1 forward_delay 200 mcast_snooping 0`,
    `ip -n ${ID}-middle link set dev p1 master br0`,
    `ip -n ${ID}-client addr add fd00::1/64 dev eth0 nodad`,
    `ip netns exec ${ID}-client ethtool -K eth0 tx off sg off tso off gso off gro off`,
    `ip netns exec ${ID}-client sysctl -qw net.ipv4.ip_forward=1`,
    `ip -n ${ID}-client -4 route add default via 10.0.0.2`,
    `ip -n ${ID}-client -6 route add fd01::/16 dev eth0 metric 7 table 9`,
    `ip -n ${ID}-client -6 rule add priority 5 from fd00::/16 table 9`,
  ])('%s', (line) => {
    expect(text).toContain(line);
  });

  test('leaves offload as it is where asked to', () => {
    expect(text.filter((line) => line.includes('ethtool') && line.includes('up0'))).toEqual([]);
  });

  test('sets a setting of a device after the device, others before', () => {
    const at = (part: string): number => text.findIndex((line) => line.includes(part));
    expect(at('tcp_sack')).toBeLessThan(at('type veth'));
    expect(at('rp_filter')).toBeGreaterThan(at('type veth'));
    expect(at('rp_filter')).toBeLessThan(at('eth0 up'));
  });
});

describe('what does not fit together', () => {
  const pair = { node: 'a' };
  test.each([
    ['a misspelt key', { hosts: { a: { route: [] } } }, 'Decode', 'hosts.a.route'],
    ['a name that starts with a digit', { hosts: { '1': {} } }, 'Decode', 'hosts[1]'],
    [
      'a node that is not there',
      { hosts: { a: {} }, links: [{ ends: [pair, { node: 'b' }] }] },
      'NotFound',
      'links[0].ends[1].node',
    ],
    [
      'a host named as a switch',
      { hosts: { a: {} }, switches: { a: {} } },
      'Conflict',
      'switches.a',
    ],
    [
      'an interface twice',
      {
        hosts: { a: {} },
        links: [
          {
            ends: [
              { node: 'a', device: 'x' },
              { node: 'a', device: 'x' },
            ],
          },
        ],
      },
      'Conflict',
      'links[0].ends[1].device',
    ],
    [
      'a long interface name',
      { hosts: { a: {} }, links: [{ ends: [{ node: 'a', device: 'sixteen-letters0' }, pair] }] },
      'Decode',
      'links[0].ends[0].device',
    ],
    [
      'an address twice',
      {
        hosts: { a: {} },
        links: [
          {
            ends: [
              { node: 'a', addresses: ['fd00::1/64'] },
              { node: 'a', addresses: ['fd00:0::1/60'] },
            ],
          },
        ],
      },
      'Conflict',
      'links[0].ends[1].addresses',
    ],
    [
      'an address on a switch',
      {
        hosts: {},
        switches: { s: {}, t: {} },
        links: [{ ends: [{ node: 's', addresses: ['10.0.0.1/8'] }, { node: 't' }] }],
      },
      'Decode',
      'links[0].ends[0].addresses',
    ],
    [
      'an address without its length',
      { hosts: { a: {} }, links: [{ ends: [{ node: 'a', addresses: ['10.0.0.1'] }, pair] }] },
      'Decode',
      'links[0].ends[0].addresses[0]',
    ],
    [
      'a prefix too long',
      { hosts: { a: {} }, links: [{ ends: [{ node: 'a', addresses: ['10.0.0.1/33'] }, pair] }] },
      'Decode',
      'links[0].ends[0].addresses[0]',
    ],
    [
      'a group address as MAC',
      { hosts: { a: {} }, links: [{ ends: [{ node: 'a', mac: '03:00:00:00:00:01' }, pair] }] },
      'Decode',
      'links[0].ends[0].mac',
    ],
    [
      'a link with one end',
      { hosts: { a: {} }, links: [{ ends: [pair] }] },
      'Decode',
      'links[0].ends[1]',
    ],
    [
      'a route to nowhere',
      { hosts: { a: { routes: [{ to: 'default' }] } } },
      'Decode',
      'hosts.a.routes[0]',
    ],
    [
      'a route by no interface',
      { hosts: { a: { routes: [{ to: '10.0.0.0/8', device: 'eth1' }] } } },
      'NotFound',
      'hosts.a.routes[0].device',
    ],
    [
      'a setting of the machine',
      { hosts: { a: { sysctls: { 'kernel.panic': 1 } } } },
      'Decode',
      'hosts.a.sysctls["kernel.panic"]',
    ],
    [
      'a setting that climbs',
      { hosts: { a: { sysctls: { 'net/../kernel/panic': 1 } } } },
      'Decode',
      'hosts.a.sysctls["net/../kernel/panic"]',
    ],
    [
      'a value of two lines',
      { hosts: { a: { sysctls: { 'net.ipv4.x': 'a\nb' } } } },
      'Decode',
      'hosts.a.sysctls["net.ipv4.x"]',
    ],
    ['no object at all', 7, 'Decode', ''],
    [
      'too many links',
      { hosts: { a: {} }, links: Array.from({ length: 4097 }, () => ({ ends: [pair, pair] })) },
      'LimitExceeded',
      undefined,
    ],
  ])('%s', (_, description, tag, path) => {
    const error = errorOf(description);
    expect({ tag: error._tag, path: error.path }).toEqual({ tag, path });
    expect(error.message.length).toBeLessThan(500);
  });

  test('a switch is not looped to itself unnoticed: both ports are named apart', () => {
    const { devices } = planOf({
      hosts: {},
      switches: { s: {} },
      links: [{ ends: [{ node: 's' }, { node: 's' }] }],
    });
    expect(devices.map(({ device }) => device)).toEqual(['p0', 'p1']);
  });
});
