/** The description: a network as plain data, which JSON can hold and a codec checks. */

import * as t from 'io-ts';
import { address, interfaceAddress, macAddress, routeTarget } from './internal/address.js';
import { dictionary, exact, integerIn, list, refined } from './internal/codec.js';
import { Impairment } from './impairment.js';
import { isDeviceName, isNodeName, MAX_DEVICE_NAME } from './names.js';
import { Shaping } from './shaping.js';

/** A value of a kernel setting. @since 0.1.0 */
export type SysctlValue = string | number;

/** A route of a host, as `ip route` has it. @since 0.1.0 */
export interface RouteDescription {
  /** `default`, a prefix or one address. */
  readonly to: string;
  /** Next hop. One of `via` and `device` is needed. */
  readonly via?: string;
  /** Interface of the host to send by. */
  readonly device?: string;
  /** Source address that the host prefers on this route. */
  readonly source?: string;
  /** The lower the better; the kernel's default is 0 (IPv4) or 1024 (IPv6). */
  readonly metric?: number;
  /** Routing table; default 254, `main`. */
  readonly table?: number;
}

/** Which routing table a packet is looked up in, as `ip rule` has it. @since 0.1.0 */
export interface RuleDescription {
  /** The lower the earlier. */
  readonly priority: number;
  readonly table: number;
  /** Source prefix; default any. */
  readonly from?: string;
  /** Destination prefix; default any. */
  readonly to?: string;
}

/** A host: a network namespace with its own interfaces, routes and settings. @since 0.1.0 */
export interface HostDescription {
  /** Pass packets on between interfaces (IPv4 and IPv6); default false. */
  readonly forwarding?: boolean;
  /**
   * Kernel settings below `net.`, as `net.ipv4.tcp_timestamps`. One of a device
   * (`net.ipv4.conf.eth0.…`) is set once the device is there, all others before.
   */
  readonly sysctls?: Readonly<Record<string, SysctlValue>>;
  readonly routes?: ReadonlyArray<RouteDescription>;
  readonly rules?: ReadonlyArray<RuleDescription>;
}

/** A switch: a bridge in a namespace of its own, its ports named `p0`, `p1`, … @since 0.1.0 */
export interface SwitchDescription {
  /** Spanning tree (802.1D), for networks with loops; ports then learn for 4 s. Default false. */
  readonly stp?: boolean;
}

/** One end of a link. @since 0.1.0 */
export interface LinkEnd {
  /** Name of a host or switch. */
  readonly node: string;
  /** The interface's name there; default `eth0`, `eth1`, … (`p0`, … on a switch) in link order. */
  readonly device?: string;
  /** Addresses with prefix lengths; not on a switch. */
  readonly addresses?: ReadonlyArray<string>;
  /** MAC address; default one that the kernel draws. */
  readonly mac?: string;
  /** How this end sends; default unshaped. */
  readonly shaping?: Shaping;
  /** What befalls what this end sends, once it is on its way; default nothing. */
  readonly impairment?: Impairment;
  /**
   * TCP options, by kind, that a middlebox would blank out of what this end sends, as 30 for MPTCP;
   * 2 to 255. Not on a switch.
   */
  readonly stripOptions?: ReadonlyArray<number>;
  /** Packets that a queue without a limit of its own may hold (`txqueuelen`); default 1000. */
  readonly queueLength?: number;
}

/** A link: a veth pair between two nodes. @since 0.1.0 */
export interface LinkDescription {
  readonly ends: readonly [LinkEnd, LinkEnd];
  /** Bytes of the largest IP packet, 68 to 65535; default 1500. */
  readonly mtu?: number;
  /**
   * Leave checksums and segmentation to hardware that isn't there; default false. Off, what
   * crosses the link is what would cross a wire: whole checksums, packets no longer than the MTU.
   * On, it is faster.
   */
  readonly offload?: boolean;
  /** Default true. */
  readonly up?: boolean;
}

/**
 * A network: hosts, switches, and the links between them.
 *
 * @example
 * ```ts
 * import type { NetworkDescription } from '@liquid/netlab'
 *
 * const dumbbell: NetworkDescription = {
 *   hosts: { client: {}, server: {} },
 *   links: [
 *     {
 *       ends: [
 *         { node: 'client', addresses: ['10.0.0.1/24'] },
 *         { node: 'server', addresses: ['10.0.0.2/24'], shaping: { kind: 'tbf', rateBps: 10e6 } },
 *       ],
 *     },
 *   ],
 * }
 * console.log(Object.keys(dumbbell.hosts)) // [ 'client', 'server' ]
 * ```
 * @since 0.1.0
 */
export interface NetworkDescription {
  readonly hosts: Readonly<Record<string, HostDescription>>;
  readonly switches?: Readonly<Record<string, SwitchDescription>>;
  readonly links?: ReadonlyArray<LinkDescription>;
}

/** Only `net.` belongs to a namespace; anything else would change the machine. */
const SYSCTL = /^net(?:[./][A-Za-z0-9_-]+)+$/;

const text = t.string as t.Type<string, unknown>;
const nodeName = refined(
  text,
  isNodeName,
  'a name: a letter, then letters, digits, _ or -, at most 63',
);
const deviceName = refined(
  text,
  isDeviceName,
  `an interface name: at most ${MAX_DEVICE_NAME} characters, not lo, all or default`,
);
const sysctlName = refined(
  text,
  (value) => SYSCTL.test(value),
  'a setting below net., as net.ipv4.tcp_sack',
);
const sysctlValue: t.Type<SysctlValue, unknown> = t.union([
  integerIn(-0x8000_0000, 0xffff_ffff, 'a whole number'),
  refined(
    text,
    (value) => value.length <= 256 && !/[\r\n\0]/.test(value),
    'one line of at most 256',
  ),
]);
const table = integerIn(1, 0xffff_ffff, 'a table number from 1');
const priority = integerIn(0, 0xffff_ffff, 'a number from 0');
const prefix = refined(
  routeTarget,
  (value) => value !== 'default',
  'a prefix or an address, as 10.0.0.0/8',
);

const route = exact<RouteDescription>('route', {
  required: { to: routeTarget },
  optional: { via: address, device: t.string, source: address, metric: priority, table },
});

const rule = exact<RuleDescription>('rule', {
  required: { priority, table },
  optional: { from: prefix, to: prefix },
});

const host = exact<HostDescription>('host', {
  required: {},
  optional: {
    forwarding: t.boolean,
    sysctls: dictionary('settings', sysctlName, sysctlValue),
    routes: list(route),
    rules: list(rule),
  },
});

const networkSwitch = exact<SwitchDescription>('switch', {
  required: {},
  optional: { stp: t.boolean },
});

const end = exact<LinkEnd>('link end', {
  required: { node: t.string },
  optional: {
    device: deviceName,
    addresses: list(interfaceAddress),
    mac: macAddress,
    shaping: Shaping,
    impairment: Impairment,
    stripOptions: list(integerIn(2, 255, 'kinds of TCP options, 2 to 255')),
    queueLength: integerIn(0, 1_000_000, 'packets, 0 to 1000000'),
  },
});

const twoEnds: t.Type<readonly [LinkEnd, LinkEnd], unknown> = t.tuple([
  end,
  end,
]) as unknown as t.Type<readonly [LinkEnd, LinkEnd], unknown>;

const link = exact<LinkDescription>('link', {
  required: { ends: twoEnds },
  optional: {
    mtu: integerIn(68, 65535, 'bytes, 68 to 65535'),
    offload: t.boolean,
    up: t.boolean,
  },
});

/**
 * Codec of {@link NetworkDescription}. Unknown keys are errors, so a misspelt one doesn't pass
 * unnoticed; whether names fit together is {@link planNetwork}'s to check.
 *
 * @since 0.1.0
 */
export const NetworkDescription: t.Type<NetworkDescription, unknown> = exact<NetworkDescription>(
  'network',
  {
    required: {
      hosts: dictionary('hosts by name', nodeName, host),
    },
    optional: {
      switches: dictionary('switches by name', nodeName, networkSwitch),
      links: list(link),
    },
  },
);
