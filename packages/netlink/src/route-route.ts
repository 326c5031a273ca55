/** Routes (RTM_*ROUTE, linux/rtnetlink.h). */

import type { IpAddress } from '@liquid/types';
import { type AttributeSet, attributeSet, nest, type WithUnknown } from './attribute-set.js';
import { be16, binary, ip, u8, u16, u32, words } from './attribute-value.js';
import { HOST_LITTLE } from './host-order.js';
import { RT_TABLE, RTM, RTNLGRP } from './route.js';
import { metrics, multipath, type NextHop, RTA, type RouteMetrics, via } from './route-nexthop.js';
import { type RouteTable, routeTable } from './route-table.js';

/** Flags of a route (`RTM_F_*`); beside them stand those of its next hop, `RTNH_F`. @since 0.1.0 */
export const RTM_F = {
  NOTIFY: 0x100,
  CLONED: 0x200,
  EQUALIZE: 0x400,
  PREFIX: 0x800,
  /** In a request: tell the table in which it was found. */
  LOOKUP_TABLE: 0x1000,
  /** In a request: answer with the route, not with its use. */
  FIB_MATCH: 0x2000,
  OFFLOAD: 0x4000,
  TRAP: 0x8000,
} as const;

/** The kernel's bookkeeping of a route. @since 0.1.0 */
export interface RouteCache {
  readonly clients: number;
  readonly lastUsedCs: number;
  readonly expiresCs: number;
  readonly error: number;
  readonly used: number;
  readonly id: number;
  readonly timestamp: number;
  readonly timestampAge: number;
}

interface RouteAttributes {
  readonly destination?: IpAddress;
  readonly source?: IpAddress;
  readonly inInterface?: number;
  readonly outInterface?: number;
  readonly gateway?: IpAddress;
  readonly via?: IpAddress;
  readonly priority?: number;
  readonly preferredSource?: IpAddress;
  readonly metrics?: RouteMetrics & WithUnknown;
  readonly multipath?: ReadonlyArray<NextHop>;
  readonly flow?: number;
  readonly cache?: RouteCache;
  readonly wideTable?: number;
  readonly mark?: number;
  readonly preference?: number;
  readonly encapType?: number;
  readonly encap?: Uint8Array;
  readonly expiresSec?: number;
  readonly uid?: number;
  readonly ttlPropagate?: number;
  readonly ipProtocol?: number;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly nextHopId?: number;
}

/** A route. @since 0.1.0 */
export interface Route extends Omit<RouteAttributes, 'wideTable'>, WithUnknown {
  /** `AF.INET` or `AF.INET6`. */
  readonly family: number;
  /** Bits of {@link destination}; 0 and no destination: the default route. */
  readonly destinationLength: number;
  readonly sourceLength: number;
  readonly tos: number;
  /** See `RT_TABLE`; any 32-bit number. */
  readonly table: number;
  /** Who made it, see `RTPROT`. */
  readonly protocol: number;
  /** See `RT_SCOPE`. */
  readonly scope: number;
  /** See `RTN`. */
  readonly type: number;
  /** See {@link RTM_F} and `RTNH_F`. */
  readonly flags: number;
  /** Smaller wins. */
  readonly priority?: number;
  /** A gateway of the other address family. */
  readonly via?: IpAddress;
  /** In a lookup: the mark of the packet. */
  readonly mark?: number;
}

const attributes: AttributeSet<RouteAttributes> = /* @__PURE__ */ attributeSet<RouteAttributes>({
  destination: [RTA.DST, ip],
  source: [RTA.SRC, ip],
  inInterface: [RTA.IIF, u32],
  outInterface: [RTA.OIF, u32],
  gateway: [RTA.GATEWAY, ip],
  via: [RTA.VIA, via],
  priority: [RTA.PRIORITY, u32],
  preferredSource: [RTA.PREFSRC, ip],
  metrics: [RTA.METRICS, nest(() => metrics)],
  multipath: [RTA.MULTIPATH, multipath],
  flow: [RTA.FLOW, u32],
  cache: [
    RTA.CACHEINFO,
    words('clients', 'lastUsedCs', 'expiresCs', 'error', 'used', 'id', 'timestamp', 'timestampAge'),
  ],
  wideTable: [RTA.TABLE, u32],
  mark: [RTA.MARK, u32],
  preference: [RTA.PREF, u8],
  encapType: [RTA.ENCAP_TYPE, u16],
  encap: [RTA.ENCAP, binary],
  expiresSec: [RTA.EXPIRES, u32],
  uid: [RTA.UID, u32],
  ttlPropagate: [RTA.TTL_PROPAGATE, u8],
  ipProtocol: [RTA.IP_PROTO, u8],
  sourcePort: [RTA.SPORT, be16],
  destinationPort: [RTA.DPORT, be16],
  nextHopId: [RTA.NH_ID, u32],
});

/**
 * Routes. `routes.get` with a `destination` asks the kernel which route a packet would take.
 *
 * @since 0.1.0
 */
export const routes: RouteTable<Route> = /* @__PURE__ */ routeTable<Route, RouteAttributes>({
  name: 'route',
  types: { new: RTM.NEWROUTE, delete: RTM.DELROUTE, get: RTM.GETROUTE },
  groups: [RTNLGRP.IPV4_ROUTE, RTNLGRP.IPV6_ROUTE],
  headerBytes: 12,
  attributes,
  fromWire: (view, at, { wideTable, ...rest }) => ({
    family: view.getUint8(at),
    destinationLength: view.getUint8(at + 1),
    sourceLength: view.getUint8(at + 2),
    tos: view.getUint8(at + 3),
    // The header has room for the first 256 tables only.
    table: wideTable ?? view.getUint8(at + 4),
    protocol: view.getUint8(at + 5),
    scope: view.getUint8(at + 6),
    type: view.getUint8(at + 7),
    flags: view.getUint32(at + 8, HOST_LITTLE),
    ...rest,
  }),
  toWire: (view, at, value) => {
    const { family, destinationLength, sourceLength, tos, table, protocol, scope, type, flags } =
      value;
    view.setUint8(at, family ?? 0);
    view.setUint8(at + 1, destinationLength ?? 0);
    view.setUint8(at + 2, sourceLength ?? 0);
    view.setUint8(at + 3, tos ?? 0);
    view.setUint8(at + 4, table === undefined || table < 256 ? (table ?? 0) : RT_TABLE.COMPAT);
    view.setUint8(at + 5, protocol ?? 0);
    view.setUint8(at + 6, scope ?? 0);
    view.setUint8(at + 7, type ?? 0);
    view.setUint32(at + 8, flags ?? 0, HOST_LITTLE);
    return table === undefined ? value : { ...value, wideTable: table };
  },
});
