/** The steps that make each thing of a network. */

import type { Argv } from '../argv.js';
import type { HostDescription, RouteDescription, RuleDescription } from '../description.js';
import type { PlannedNode, Step } from '../planned.js';
import { shapingCommands } from '../shaping.js';
import { familyOf, splitPrefix } from './address.js';
import { BRIDGE, type End, wireBridge } from './topology.js';

/** `net.ipv4.conf.<device>.…` and its like: only there once the device is. */
const DEVICE_SYSCTL = /^net[./]ipv[46][./](?:conf|neigh)[./](?!all[./]|default[./])/;

const sysctlStep = (
  namespace: string,
  key: string,
  value: string | number,
  optional = false,
): Step => ({
  argv: ['ip', 'netns', 'exec', namespace, 'sysctl', '-qw', `${key}=${value}`],
  undo: null,
  namespace,
  direct: { kind: 'sysctl', namespace, key, value: String(value), optional },
});

const setting = (namespace: string, argv: Argv): Step => ({ argv, undo: null, namespace });

export const namespaceSteps = ({ namespace, kind }: PlannedNode): ReadonlyArray<Step> => [
  {
    argv: ['ip', 'netns', 'add', namespace],
    undo: ['ip', 'netns', 'del', namespace],
    namespace,
  },
  setting(namespace, ['ip', '-n', namespace, 'link', 'set', 'dev', 'lo', 'up']),
  ...(kind !== 'host'
    ? // A switch has no address: without this every port would announce itself by IPv6.
      [sysctlStep(namespace, 'net.ipv6.conf.default.disable_ipv6', 1, true)]
    : // An address that waits for duplicate detection can't be used for its first second.
      [
        sysctlStep(namespace, 'net.ipv6.conf.all.accept_dad', 0, true),
        sysctlStep(namespace, 'net.ipv6.conf.default.accept_dad', 0, true),
      ]),
];

export const hostSysctls = (namespace: string, host: HostDescription): ReadonlyArray<Step> => [
  ...(host.forwarding === true
    ? [
        sysctlStep(namespace, 'net.ipv4.ip_forward', 1),
        sysctlStep(namespace, 'net.ipv6.conf.all.forwarding', 1, true),
      ]
    : []),
  ...Object.entries(host.sysctls ?? {})
    .filter(([key]) => !DEVICE_SYSCTL.test(key))
    .map(([key, value]) => sysctlStep(namespace, key, value)),
];

export const deviceSysctls = (namespace: string, host: HostDescription): ReadonlyArray<Step> =>
  Object.entries(host.sysctls ?? {})
    .filter(([key]) => DEVICE_SYSCTL.test(key))
    .map(([key, value]) => sysctlStep(namespace, key, value));

export const bridgeSteps = (
  namespace: string,
  stp: boolean,
  bridge: string = BRIDGE,
): ReadonlyArray<Step> => {
  const spanningTree = stp ? ['stp_state', '1', 'forward_delay', '200'] : ['stp_state', '0'];
  const options = [...spanningTree, 'mcast_snooping', '0'];
  return [
    {
      argv: ['ip', '-n', namespace, 'link', 'add', 'name', bridge, 'type', 'bridge', ...options],
      undo: ['ip', '-n', namespace, 'link', 'del', 'dev', bridge],
      namespace,
    },
    setting(namespace, ['ip', '-n', namespace, 'link', 'set', 'dev', bridge, 'up']),
  ];
};

/** One side of a veth pair. */
interface Side {
  readonly namespace: string;
  readonly device: string;
  readonly settings: ReadonlyArray<string>;
}

const vethStep = (a: Side, b: Side): Step => {
  const side = ({ device, settings }: Side): string[] => ['name', device, ...settings];
  const elsewhere = a.namespace === b.namespace ? [] : ['netns', b.namespace];
  const type = ['type', 'veth', 'peer'];
  return {
    // Both ends are born where they belong: none is ever seen in the machine's own namespace.
    argv: ['ip', '-n', a.namespace, 'link', 'add', ...side(a), ...type, ...side(b), ...elsewhere],
    undo: ['ip', '-n', a.namespace, 'link', 'del', 'dev', a.device],
    namespace: a.namespace,
  };
};

const sideOf = ({ namespace, device, mtu, described }: End): Side => ({
  namespace,
  device,
  settings: [
    'mtu',
    String(mtu),
    ...(described.queueLength === undefined ? [] : ['txqueuelen', String(described.queueLength)]),
    ...(described.mac === undefined ? [] : ['address', described.mac]),
  ],
});

const OFFLOADS = ['tx', 'sg', 'tso', 'gso', 'gro'];

const offloadStep = (namespace: string, device: string): Step => {
  const off = OFFLOADS.flatMap((name) => [name, 'off']);
  return {
    argv: ['ip', 'netns', 'exec', namespace, 'ethtool', '-K', device, ...off],
    undo: null,
    namespace,
    direct: { kind: 'offload-off', namespace, device },
  };
};

/** An end's way to the middle of a link with impairments. */
const wireSteps = (end: End): ReadonlyArray<Step> => {
  if (end.wire === null) return [];
  const { namespace, port } = end.wire;
  const set = ['ip', '-n', namespace, 'link', 'set', 'dev', port] as const;
  return [
    vethStep(sideOf(end), { namespace, device: port, settings: ['mtu', String(end.mtu)] }),
    ...(end.link.offload === true ? [] : [offloadStep(namespace, port)]),
    setting(namespace, [...set, 'master', wireBridge(port), 'up']),
  ];
};

/** A veth pair, or with impairments two of them and the wire between. */
export const linkSteps = ([a, b]: readonly [End, End]): ReadonlyArray<Step> =>
  a.wire === null
    ? [vethStep(sideOf(a), sideOf(b))]
    : [
        ...bridgeSteps(a.wire.namespace, false, wireBridge(a.wire.port)),
        ...wireSteps(a),
        ...wireSteps(b),
      ];

/** In the kernel's own tables: nf_tables often lacks the target. */
const stripSteps = ({ namespace, device, described }: End): ReadonlyArray<Step> => {
  const kinds = described.stripOptions ?? [];
  if (kinds.length === 0) return [];
  const rule = ['-t', 'mangle', '-A', 'POSTROUTING', '-o', device, '-p', 'tcp'];
  const target = ['-j', 'TCPOPTSTRIP', '--strip-options', kinds.join(',')];
  return (['iptables-legacy', 'ip6tables-legacy'] as const).map((program) =>
    setting(namespace, ['ip', 'netns', 'exec', namespace, program, '-w', ...rule, ...target]),
  );
};

export const endSteps = (end: End): ReadonlyArray<Step> => {
  const { namespace, device } = end;
  const ip = (...rest: string[]): Step => setting(namespace, ['ip', '-n', namespace, ...rest]);
  return [
    ...(end.link.offload === true ? [] : [offloadStep(namespace, device)]),
    ...(end.kind === 'switch' ? [ip('link', 'set', 'dev', device, 'master', BRIDGE)] : []),
    ...end.addresses.map((address) =>
      ip(
        'addr',
        'add',
        address,
        'dev',
        device,
        ...(splitPrefix(address)?.family === 6 ? ['nodad'] : []),
      ),
    ),
    ...shapingCommands(end, end.shaping).map((argv) => setting(namespace, argv)),
    ...stripSteps(end),
  ];
};

export const upSteps = (end: End): ReadonlyArray<Step> =>
  end.link.up === false
    ? []
    : [setting(end.namespace, ['ip', '-n', end.namespace, 'link', 'set', 'dev', end.device, 'up'])];

const routeFamily = (route: RouteDescription): readonly string[] => {
  const target = route.via ?? (route.to === 'default' ? route.source : route.to) ?? '';
  return (splitPrefix(target)?.family ?? familyOf(target)) === 6 ? ['-6'] : ['-4'];
};

export const routeStep = (namespace: string, route: RouteDescription): Step =>
  setting(namespace, [
    'ip',
    '-n',
    namespace,
    ...routeFamily(route),
    'route',
    'add',
    route.to,
    ...(route.via === undefined ? [] : ['via', route.via]),
    ...(route.device === undefined ? [] : ['dev', route.device]),
    ...(route.source === undefined ? [] : ['src', route.source]),
    ...(route.metric === undefined ? [] : ['metric', String(route.metric)]),
    ...(route.table === undefined ? [] : ['table', String(route.table)]),
  ]);

export const ruleStep = (namespace: string, rule: RuleDescription): Step => {
  const target = rule.from ?? rule.to ?? '';
  const family = splitPrefix(target)?.family ?? familyOf(target);
  return setting(namespace, [
    'ip',
    '-n',
    namespace,
    family === 6 ? '-6' : '-4',
    'rule',
    'add',
    'priority',
    String(rule.priority),
    ...(rule.from === undefined ? [] : ['from', rule.from]),
    ...(rule.to === undefined ? [] : ['to', rule.to]),
    'table',
    String(rule.table),
  ]);
};
