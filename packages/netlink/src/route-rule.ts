/** Rules that choose the routing table of a packet (RTM_*RULE, linux/fib_rules.h). */

import type { IpAddress } from '@liquid/types';
import { type AttributeSet, attributeSet, type WithUnknown } from './attribute-set.js';
import {
  be32,
  be64,
  ip,
  struct,
  text,
  u8,
  u32,
  type ValueCodec,
  words,
} from './attribute-value.js';
import { HOST_LITTLE } from './host-order.js';
import { RT_TABLE, RTM, RTNLGRP } from './route.js';
import { type RouteTable, routeTable } from './route-table.js';

/** Attributes of a rule (`FRA_*`). @since 0.1.0 */
export const FRA = {
  DST: 1,
  SRC: 2,
  IIFNAME: 3,
  GOTO: 4,
  PRIORITY: 6,
  FWMARK: 10,
  FLOW: 11,
  TUN_ID: 12,
  SUPPRESS_IFGROUP: 13,
  SUPPRESS_PREFIXLEN: 14,
  TABLE: 15,
  FWMASK: 16,
  OIFNAME: 17,
  PAD: 18,
  L3MDEV: 19,
  UID_RANGE: 20,
  PROTOCOL: 21,
  IP_PROTO: 22,
  SPORT_RANGE: 23,
  DPORT_RANGE: 24,
  DSCP: 25,
  FLOWLABEL: 26,
  FLOWLABEL_MASK: 27,
} as const;

/** What a rule does (`FR_ACT_*`). @since 0.1.0 */
export const FR_ACT = {
  TO_TBL: 1,
  GOTO: 2,
  NOP: 3,
  BLACKHOLE: 6,
  UNREACHABLE: 7,
  PROHIBIT: 8,
} as const;

/** From a port to another, both included. @since 0.1.0 */
export interface PortRange {
  readonly start: number;
  readonly end: number;
}

interface RuleAttributes {
  readonly destination?: IpAddress;
  readonly source?: IpAddress;
  readonly inInterface?: string;
  readonly outInterface?: string;
  /** Priority of the rule to go on with, for `FR_ACT.GOTO`. */
  readonly goto?: number;
  readonly priority?: number;
  readonly mark?: number;
  readonly markMask?: number;
  readonly flow?: number;
  readonly tunnelId?: bigint;
  /** 2^32 − 1: none. */
  readonly suppressInterfaceGroup?: number;
  /** 2^32 − 1: none. */
  readonly suppressPrefixLength?: number;
  readonly wideTable?: number;
  readonly l3mdev?: number;
  readonly uids?: { readonly start: number; readonly end: number };
  /** Who made it, see `RTPROT`. */
  readonly protocol?: number;
  readonly ipProtocol?: number;
  readonly sourcePorts?: PortRange;
  readonly destinationPorts?: PortRange;
  readonly dscp?: number;
  readonly flowLabel?: number;
  readonly flowLabelMask?: number;
}

/** A rule. @since 0.1.0 */
export interface Rule extends Omit<RuleAttributes, 'wideTable'>, WithUnknown {
  /** `AF.INET` or `AF.INET6`. */
  readonly family: number;
  readonly destinationLength: number;
  readonly sourceLength: number;
  readonly tos: number;
  /** See `RT_TABLE`; any 32-bit number. */
  readonly table: number;
  /** See {@link FR_ACT}. */
  readonly action: number;
  readonly flags: number;
}

/** Ports here are in host order, unlike those of routes. */
const portRange: ValueCodec<PortRange> = /* @__PURE__ */ struct<PortRange>(
  4,
  (view, at) => ({
    start: view.getUint16(at, HOST_LITTLE),
    end: view.getUint16(at + 2, HOST_LITTLE),
  }),
  (view, at, { start, end }) => {
    view.setUint16(at, start, HOST_LITTLE);
    view.setUint16(at + 2, end, HOST_LITTLE);
  },
);

const attributes: AttributeSet<RuleAttributes> = /* @__PURE__ */ attributeSet<RuleAttributes>({
  destination: [FRA.DST, ip],
  source: [FRA.SRC, ip],
  inInterface: [FRA.IIFNAME, text],
  outInterface: [FRA.OIFNAME, text],
  goto: [FRA.GOTO, u32],
  priority: [FRA.PRIORITY, u32],
  mark: [FRA.FWMARK, u32],
  markMask: [FRA.FWMASK, u32],
  flow: [FRA.FLOW, u32],
  tunnelId: [FRA.TUN_ID, be64],
  suppressInterfaceGroup: [FRA.SUPPRESS_IFGROUP, u32],
  suppressPrefixLength: [FRA.SUPPRESS_PREFIXLEN, u32],
  wideTable: [FRA.TABLE, u32],
  l3mdev: [FRA.L3MDEV, u8],
  uids: [FRA.UID_RANGE, words('start', 'end')],
  protocol: [FRA.PROTOCOL, u8],
  ipProtocol: [FRA.IP_PROTO, u8],
  sourcePorts: [FRA.SPORT_RANGE, portRange],
  destinationPorts: [FRA.DPORT_RANGE, portRange],
  dscp: [FRA.DSCP, u8],
  flowLabel: [FRA.FLOWLABEL, be32],
  flowLabelMask: [FRA.FLOWLABEL_MASK, be32],
});

/** Rules. The kernel has no request for a single one: use `dump`. @since 0.1.0 */
export const rules: RouteTable<Rule> = /* @__PURE__ */ routeTable<Rule, RuleAttributes>({
  name: 'rule',
  types: { new: RTM.NEWRULE, delete: RTM.DELRULE, get: RTM.GETRULE },
  groups: [RTNLGRP.IPV4_RULE, RTNLGRP.IPV6_RULE],
  headerBytes: 12,
  attributes,
  fromWire: (view, at, { wideTable, ...rest }) => ({
    family: view.getUint8(at),
    destinationLength: view.getUint8(at + 1),
    sourceLength: view.getUint8(at + 2),
    tos: view.getUint8(at + 3),
    table: wideTable ?? view.getUint8(at + 4),
    action: view.getUint8(at + 7),
    flags: view.getUint32(at + 8, HOST_LITTLE),
    ...rest,
  }),
  toWire: (view, at, value) => {
    const { family, destinationLength, sourceLength, tos, table, action, flags } = value;
    view.setUint8(at, family ?? 0);
    view.setUint8(at + 1, destinationLength ?? 0);
    view.setUint8(at + 2, sourceLength ?? 0);
    view.setUint8(at + 3, tos ?? 0);
    view.setUint8(at + 4, table === undefined || table < 256 ? (table ?? 0) : RT_TABLE.UNSPEC);
    view.setUint8(at + 7, action ?? 0);
    view.setUint32(at + 8, flags ?? 0, HOST_LITTLE);
    return table === undefined ? value : { ...value, wideTable: table };
  },
});
