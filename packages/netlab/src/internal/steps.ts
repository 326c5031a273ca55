/** The steps that make each thing of a network. */

import type { Argv } from '../argv.js';
import type { HostDescription, RouteDescription, RuleDescription } from '../description.js';
import type { PlannedNode, Step } from '../planned.js';
import { shapingCommands } from '../shaping.js';
import { familyOf, splitPrefix } from './address.js';
import { BRIDGE, type End } from './topology.js';

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
  ...(kind === 'switch'
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

export const bridgeSteps = (namespace: string, stp: boolean): ReadonlyArray<Step> => {
  const spanningTree = stp ? ['stp_state', '1', 'forward_delay', '200'] : ['stp_state', '0'];
  const options = [...spanningTree, 'mcast_snooping', '0'];
  return [
    {
      argv: ['ip', '-n', namespace, 'link', 'add', 'name', BRIDGE, 'type', 'bridge', ...options],
      undo: ['ip', '-n', namespace, 'link', 'del', 'dev', BRIDGE],
      namespace,
    },
    setting(namespace, ['ip', '-n', namespace, 'link', 'set', 'dev', BRIDGE, 'up']),
  ];
};

export const vethStep = ([a, b]: readonly [End, End]): Step => {
  const side = (end: End): string[] => [
    'name',
    end.device,
    'mtu',
    String(end.mtu),
    ...(end.described.queueLength === undefined
      ? []
      : ['txqueuelen', String(end.described.queueLength)]),
    ...(end.described.mac === undefined ? [] : ['address', end.described.mac]),
  ];
  const elsewhere = a.namespace === b.namespace ? [] : ['netns', b.namespace];
  const type = ['type', 'veth', 'peer'];
  return {
    // Both ends are born where they belong: none is ever seen in the machine's own namespace.
    argv: ['ip', '-n', a.namespace, 'link', 'add', ...side(a), ...type, ...side(b), ...elsewhere],
    undo: ['ip', '-n', a.namespace, 'link', 'del', 'dev', a.device],
    namespace: a.namespace,
  };
};

const OFFLOADS = ['tx', 'sg', 'tso', 'gso', 'gro'];

export const endSteps = (end: End): ReadonlyArray<Step> => {
  const { namespace, device } = end;
  const ip = (...rest: string[]): Step => setting(namespace, ['ip', '-n', namespace, ...rest]);
  const off = OFFLOADS.flatMap((name) => [name, 'off']);
  const offload: Step = {
    argv: ['ip', 'netns', 'exec', namespace, 'ethtool', '-K', device, ...off],
    undo: null,
    namespace,
    direct: { kind: 'offload-off', namespace, device },
  };
  return [
    ...(end.link.offload === true ? [] : [offload]),
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
