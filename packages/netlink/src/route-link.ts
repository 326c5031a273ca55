/** Network interfaces: their names, addresses, states and counters (RTM_*LINK, linux/if_link.h). */

import {
  type AttributeSet,
  attributeSet,
  keyed,
  nest,
  repeated,
  type WithUnknown,
} from './attribute-set.js';
import {
  binary,
  bool8,
  hardwareAddress,
  longs,
  s32,
  text,
  u8,
  u16,
  u32,
} from './attribute-value.js';
import { HOST_LITTLE } from './host-order.js';
import { RTM, RTNLGRP } from './route.js';
import { type RouteTable, routeTable } from './route-table.js';

/** Attributes of a link (`IFLA_*`). @since 0.1.0 */
export const IFLA = {
  ADDRESS: 1,
  BROADCAST: 2,
  IFNAME: 3,
  MTU: 4,
  LINK: 5,
  QDISC: 6,
  STATS: 7,
  COST: 8,
  PRIORITY: 9,
  MASTER: 10,
  WIRELESS: 11,
  PROTINFO: 12,
  TXQLEN: 13,
  MAP: 14,
  WEIGHT: 15,
  OPERSTATE: 16,
  LINKMODE: 17,
  LINKINFO: 18,
  NET_NS_PID: 19,
  IFALIAS: 20,
  NUM_VF: 21,
  VFINFO_LIST: 22,
  STATS64: 23,
  VF_PORTS: 24,
  PORT_SELF: 25,
  AF_SPEC: 26,
  GROUP: 27,
  NET_NS_FD: 28,
  EXT_MASK: 29,
  PROMISCUITY: 30,
  NUM_TX_QUEUES: 31,
  NUM_RX_QUEUES: 32,
  CARRIER: 33,
  PHYS_PORT_ID: 34,
  CARRIER_CHANGES: 35,
  PHYS_SWITCH_ID: 36,
  LINK_NETNSID: 37,
  PHYS_PORT_NAME: 38,
  PROTO_DOWN: 39,
  GSO_MAX_SEGS: 40,
  GSO_MAX_SIZE: 41,
  PAD: 42,
  XDP: 43,
  EVENT: 44,
  NEW_NETNSID: 45,
  TARGET_NETNSID: 46,
  CARRIER_UP_COUNT: 47,
  CARRIER_DOWN_COUNT: 48,
  NEW_IFINDEX: 49,
  MIN_MTU: 50,
  MAX_MTU: 51,
  PROP_LIST: 52,
  ALT_IFNAME: 53,
  PERM_ADDRESS: 54,
  PROTO_DOWN_REASON: 55,
  PARENT_DEV_NAME: 56,
  PARENT_DEV_BUS_NAME: 57,
  GRO_MAX_SIZE: 58,
  TSO_MAX_SIZE: 59,
  TSO_MAX_SEGS: 60,
  ALLMULTI: 61,
  DEVLINK_PORT: 62,
  GSO_IPV4_MAX_SIZE: 63,
  GRO_IPV4_MAX_SIZE: 64,
  DPLL_PIN: 65,
  MAX_PACING_OFFLOAD_HORIZON: 66,
  NETNS_IMMUTABLE: 67,
  HEADROOM: 68,
  TAILROOM: 69,
} as const;

/** Attributes within LINKINFO (`IFLA_INFO_*`). @since 0.1.0 */
export const IFLA_INFO = { KIND: 1, DATA: 2, XSTATS: 3, SLAVE_KIND: 4, SLAVE_DATA: 5 } as const;

/** Flags of a link (`IFF_*` of linux/if.h). @since 0.1.0 */
export const IFF = {
  UP: 1,
  BROADCAST: 1 << 1,
  LOOPBACK: 1 << 3,
  POINTOPOINT: 1 << 4,
  /** It is up and can carry traffic. */
  RUNNING: 1 << 6,
  NOARP: 1 << 7,
  PROMISC: 1 << 8,
  ALLMULTI: 1 << 9,
  MASTER: 1 << 10,
  SLAVE: 1 << 11,
  MULTICAST: 1 << 12,
  /** It has a carrier. */
  LOWER_UP: 1 << 16,
  DORMANT: 1 << 17,
} as const;

/** Operational states of RFC 2863 (`IF_OPER_*`). @since 0.1.0 */
export const IF_OPER = {
  UNKNOWN: 0,
  NOTPRESENT: 1,
  DOWN: 2,
  LOWERLAYERDOWN: 3,
  TESTING: 4,
  DORMANT: 5,
  UP: 6,
} as const;

/** Counters of a link, as `struct rtnl_link_stats64` names them. @since 0.1.0 */
export type LinkCounter =
  | 'rxPackets'
  | 'txPackets'
  | 'rxBytes'
  | 'txBytes'
  | 'rxErrors'
  | 'txErrors'
  | 'rxDropped'
  | 'txDropped'
  | 'multicast'
  | 'collisions'
  | 'rxLengthErrors'
  | 'rxOverErrors'
  | 'rxCrcErrors'
  | 'rxFrameErrors'
  | 'rxFifoErrors'
  | 'rxMissedErrors'
  | 'txAbortedErrors'
  | 'txCarrierErrors'
  | 'txFifoErrors'
  | 'txHeartbeatErrors'
  | 'txWindowErrors'
  | 'rxCompressed'
  | 'txCompressed'
  | 'rxNoHandler'
  | 'rxOtherHostDropped';

const COUNTERS: ReadonlyArray<LinkCounter> = [
  'rxPackets',
  'txPackets',
  'rxBytes',
  'txBytes',
  'rxErrors',
  'txErrors',
  'rxDropped',
  'txDropped',
  'multicast',
  'collisions',
  'rxLengthErrors',
  'rxOverErrors',
  'rxCrcErrors',
  'rxFrameErrors',
  'rxFifoErrors',
  'rxMissedErrors',
  'txAbortedErrors',
  'txCarrierErrors',
  'txFifoErrors',
  'txHeartbeatErrors',
  'txWindowErrors',
  'rxCompressed',
  'txCompressed',
  'rxNoHandler',
  'rxOtherHostDropped',
];

/** Counters since the link was made; those that an older kernel lacks are 0. @since 0.1.0 */
export type LinkCounters = { readonly [K in LinkCounter]: bigint };

/** What kind of link it is, and what that kind says. @since 0.1.0 */
export interface LinkInfo {
  /** As `veth`, `bridge`, `vlan`. */
  readonly kind?: string;
  /** Attributes of the kind, as they are. */
  readonly data?: Uint8Array;
  readonly statistics?: Uint8Array;
  /** Kind of its master. */
  readonly slaveKind?: string;
  readonly slaveData?: Uint8Array;
}

/** Attributes of a link, each where the kernel sent it. @since 0.1.0 */
export interface LinkAttributes {
  /** Bytes in hex with colons, for Ethernet a MAC address. */
  readonly address?: string;
  readonly broadcast?: string;
  readonly name?: string;
  readonly mtuBytes?: number;
  /** Index of the link beneath, or of the other end of a veth. */
  readonly link?: number;
  readonly queueing?: string;
  /** Index of the bridge or bond that it belongs to. */
  readonly master?: number;
  readonly transmitQueueLength?: number;
  /** See `IF_OPER`. */
  readonly operationalState?: number;
  readonly linkMode?: number;
  readonly info?: LinkInfo & WithUnknown;
  /** In a request: moves it into the namespace of this process. */
  readonly namespacePid?: number;
  /** In a request: moves it into the namespace of this descriptor. */
  readonly namespaceFd?: number;
  readonly alias?: string;
  readonly counters?: LinkCounters;
  /** By address family, as it is. */
  readonly afSpec?: ReadonlyArray<readonly [family: number, bytes: Uint8Array]>;
  readonly group?: number;
  readonly promiscuity?: number;
  readonly allMulticast?: number;
  readonly transmitQueues?: number;
  readonly receiveQueues?: number;
  readonly carrier?: boolean;
  readonly carrierChanges?: number;
  readonly carrierUpCount?: number;
  readonly carrierDownCount?: number;
  /** Number of the namespace that {@link link} is in. */
  readonly linkNamespaceId?: number;
  readonly protocolDown?: boolean;
  readonly gsoMaxSegments?: number;
  readonly gsoMaxBytes?: number;
  readonly groMaxBytes?: number;
  readonly tsoMaxBytes?: number;
  readonly tsoMaxSegments?: number;
  readonly gsoIpv4MaxBytes?: number;
  readonly groIpv4MaxBytes?: number;
  readonly headroomBytes?: number;
  readonly tailroomBytes?: number;
  /** It can't be moved to another namespace. */
  readonly namespaceImmutable?: boolean;
  readonly minMtuBytes?: number;
  readonly maxMtuBytes?: number;
  /** Names beside {@link name}, which may be longer. */
  readonly alternativeNames?: ReadonlyArray<string>;
  readonly permanentAddress?: string;
  readonly parentName?: string;
  readonly parentBus?: string;
  /** What a notification is about (`IFLA_EVENT_*`). */
  readonly event?: number;
}

/** A network interface. @since 0.1.0 */
export interface Link extends LinkAttributes, WithUnknown {
  readonly index: number;
  /** Address family of the message: 0, or AF.BRIDGE of a bridge's port. */
  readonly family: number;
  /** Hardware type, 1 Ethernet, 772 loopback. */
  readonly type: number;
  /** See `IFF`. */
  readonly flags: number;
  /** In a request: which of {@link flags} are meant. */
  readonly changeMask: number;
}

const info: AttributeSet<LinkInfo> = /* @__PURE__ */ attributeSet<LinkInfo>({
  kind: [IFLA_INFO.KIND, text],
  data: [IFLA_INFO.DATA, binary],
  statistics: [IFLA_INFO.XSTATS, binary],
  slaveKind: [IFLA_INFO.SLAVE_KIND, text],
  slaveData: [IFLA_INFO.SLAVE_DATA, binary],
});

const attributes: AttributeSet<LinkAttributes> = /* @__PURE__ */ attributeSet<LinkAttributes>({
  address: [IFLA.ADDRESS, hardwareAddress],
  broadcast: [IFLA.BROADCAST, hardwareAddress],
  name: [IFLA.IFNAME, text],
  mtuBytes: [IFLA.MTU, u32],
  link: [IFLA.LINK, u32],
  queueing: [IFLA.QDISC, text],
  master: [IFLA.MASTER, u32],
  transmitQueueLength: [IFLA.TXQLEN, u32],
  operationalState: [IFLA.OPERSTATE, u8],
  linkMode: [IFLA.LINKMODE, u8],
  info: [IFLA.LINKINFO, nest(() => info)],
  namespacePid: [IFLA.NET_NS_PID, u32],
  namespaceFd: [IFLA.NET_NS_FD, u32],
  alias: [IFLA.IFALIAS, text],
  counters: [IFLA.STATS64, longs(...COUNTERS)],
  afSpec: [IFLA.AF_SPEC, keyed(binary)],
  group: [IFLA.GROUP, u32],
  promiscuity: [IFLA.PROMISCUITY, u32],
  allMulticast: [IFLA.ALLMULTI, u32],
  transmitQueues: [IFLA.NUM_TX_QUEUES, u32],
  receiveQueues: [IFLA.NUM_RX_QUEUES, u32],
  carrier: [IFLA.CARRIER, bool8],
  carrierChanges: [IFLA.CARRIER_CHANGES, u32],
  carrierUpCount: [IFLA.CARRIER_UP_COUNT, u32],
  carrierDownCount: [IFLA.CARRIER_DOWN_COUNT, u32],
  linkNamespaceId: [IFLA.LINK_NETNSID, s32],
  protocolDown: [IFLA.PROTO_DOWN, bool8],
  gsoMaxSegments: [IFLA.GSO_MAX_SEGS, u32],
  gsoMaxBytes: [IFLA.GSO_MAX_SIZE, u32],
  groMaxBytes: [IFLA.GRO_MAX_SIZE, u32],
  tsoMaxBytes: [IFLA.TSO_MAX_SIZE, u32],
  tsoMaxSegments: [IFLA.TSO_MAX_SEGS, u32],
  gsoIpv4MaxBytes: [IFLA.GSO_IPV4_MAX_SIZE, u32],
  groIpv4MaxBytes: [IFLA.GRO_IPV4_MAX_SIZE, u32],
  headroomBytes: [IFLA.HEADROOM, u16],
  tailroomBytes: [IFLA.TAILROOM, u16],
  namespaceImmutable: [IFLA.NETNS_IMMUTABLE, bool8],
  minMtuBytes: [IFLA.MIN_MTU, u32],
  maxMtuBytes: [IFLA.MAX_MTU, u32],
  alternativeNames: [IFLA.PROP_LIST, repeated(IFLA.ALT_IFNAME, text)],
  permanentAddress: [IFLA.PERM_ADDRESS, hardwareAddress],
  parentName: [IFLA.PARENT_DEV_NAME, text],
  parentBus: [IFLA.PARENT_DEV_BUS_NAME, text],
  event: [IFLA.EVENT, u32],
});

/**
 * Network interfaces.
 *
 * @example
 * ```ts
 * import { IFF, links, MessageCursor, MessageWriter, sourceOf } from '@liquid/netlink'
 *
 * const writer = new MessageWriter()
 * links.writeNew(writer, { index: 3, name: 'eth0', flags: IFF.UP, changeMask: IFF.UP }, 'change')
 * const cursor = new MessageCursor()
 * cursor.reset(sourceOf(writer.finish()), writer.length)
 * cursor.next()
 * const read = links.read(cursor)
 * if (read._tag === 'Right') console.log(read.right.index, read.right.name) // 3 eth0
 * ```
 * @since 0.1.0
 */
export const links: RouteTable<Link> = /* @__PURE__ */ routeTable<Link, LinkAttributes>({
  name: 'link',
  types: { new: RTM.NEWLINK, delete: RTM.DELLINK, get: RTM.GETLINK },
  groups: [RTNLGRP.LINK],
  headerBytes: 16,
  attributes,
  fromWire: (view, at, rest) => ({
    family: view.getUint8(at),
    type: view.getUint16(at + 2, HOST_LITTLE),
    index: view.getInt32(at + 4, HOST_LITTLE),
    flags: view.getUint32(at + 8, HOST_LITTLE),
    changeMask: view.getUint32(at + 12, HOST_LITTLE),
    ...rest,
  }),
  toWire: (view, at, { family, type, index, flags, changeMask, ...rest }) => {
    view.setUint8(at, family ?? 0);
    view.setUint16(at + 2, type ?? 0, HOST_LITTLE);
    view.setInt32(at + 4, index ?? 0, HOST_LITTLE);
    view.setUint32(at + 8, flags ?? 0, HOST_LITTLE);
    view.setUint32(at + 12, changeMask ?? 0, HOST_LITTLE);
    return rest;
  },
});
