/** Neighbours: which link-layer address an IP address has (RTM_*NEIGH, linux/neighbour.h). */

import type { IpAddress } from '@liquid/types';
import { type AttributeSet, attributeSet, type WithUnknown } from './attribute-set.js';
import { be16, binary, hardwareAddress, ip, s32, u8, u16, u32, words } from './attribute-value.js';
import { HOST_LITTLE } from './host-order.js';
import { RTM, RTNLGRP } from './route.js';
import { type RouteTable, routeTable } from './route-table.js';

/** Attributes of a neighbour (`NDA_*`). @since 0.1.0 */
export const NDA = {
  DST: 1,
  LLADDR: 2,
  CACHEINFO: 3,
  PROBES: 4,
  VLAN: 5,
  PORT: 6,
  VNI: 7,
  IFINDEX: 8,
  MASTER: 9,
  LINK_NETNSID: 10,
  SRC_VNI: 11,
  PROTOCOL: 12,
  NH_ID: 13,
  FDB_EXT_ATTRS: 14,
  FLAGS_EXT: 15,
  NDM_STATE_MASK: 16,
  NDM_FLAGS_MASK: 17,
} as const;

/** States of a neighbour (`NUD_*`). @since 0.1.0 */
export const NUD = {
  NONE: 0,
  INCOMPLETE: 0x01,
  REACHABLE: 0x02,
  STALE: 0x04,
  DELAY: 0x08,
  PROBE: 0x10,
  FAILED: 0x20,
  NOARP: 0x40,
  PERMANENT: 0x80,
} as const;

/** Flags of a neighbour (`NTF_*`). @since 0.1.0 */
export const NTF = {
  USE: 1,
  SELF: 2,
  MASTER: 4,
  PROXY: 8,
  EXT_LEARNED: 16,
  OFFLOADED: 32,
  STICKY: 64,
  ROUTER: 128,
} as const;

/** When a neighbour was last heard of, hundredths of a second ago. @since 0.1.0 */
export interface NeighbourCache {
  readonly confirmedCs: number;
  readonly usedCs: number;
  readonly updatedCs: number;
  readonly references: number;
}

interface NeighbourAttributes {
  readonly destination?: IpAddress;
  /** Bytes in hex with colons, for Ethernet a MAC address. */
  readonly linkLayerAddress?: string;
  readonly cache?: NeighbourCache;
  readonly probes?: number;
  readonly vlan?: number;
  readonly port?: number;
  readonly vni?: number;
  readonly master?: number;
  readonly linkNamespaceId?: number;
  readonly sourceVni?: number;
  readonly protocol?: number;
  readonly nextHopId?: number;
  readonly fdb?: Uint8Array;
  readonly extendedFlags?: number;
}

/** A neighbour. @since 0.1.0 */
export interface Neighbour extends NeighbourAttributes, WithUnknown {
  /** `AF.INET`, `AF.INET6`, or `AF.BRIDGE` of a bridge's forwarding entry. */
  readonly family: number;
  readonly interfaceIndex: number;
  /** See {@link NUD}. */
  readonly state: number;
  /** See {@link NTF}. */
  readonly flags: number;
  /** See `RTN`. */
  readonly type: number;
}

const attributes: AttributeSet<NeighbourAttributes> =
  /* @__PURE__ */ attributeSet<NeighbourAttributes>({
    destination: [NDA.DST, ip],
    linkLayerAddress: [NDA.LLADDR, hardwareAddress],
    cache: [NDA.CACHEINFO, words('confirmedCs', 'usedCs', 'updatedCs', 'references')],
    probes: [NDA.PROBES, u32],
    vlan: [NDA.VLAN, u16],
    port: [NDA.PORT, be16],
    vni: [NDA.VNI, u32],
    master: [NDA.MASTER, u32],
    linkNamespaceId: [NDA.LINK_NETNSID, s32],
    sourceVni: [NDA.SRC_VNI, u32],
    protocol: [NDA.PROTOCOL, u8],
    nextHopId: [NDA.NH_ID, u32],
    fdb: [NDA.FDB_EXT_ATTRS, binary],
    extendedFlags: [NDA.FLAGS_EXT, u32],
  });

/** Neighbours. @since 0.1.0 */
export const neighbours: RouteTable<Neighbour> = /* @__PURE__ */ routeTable<
  Neighbour,
  NeighbourAttributes
>({
  name: 'neighbour',
  types: { new: RTM.NEWNEIGH, delete: RTM.DELNEIGH, get: RTM.GETNEIGH },
  groups: [RTNLGRP.NEIGH],
  headerBytes: 12,
  attributes,
  fromWire: (view, at, rest) => ({
    family: view.getUint8(at),
    interfaceIndex: view.getInt32(at + 4, HOST_LITTLE),
    state: view.getUint16(at + 8, HOST_LITTLE),
    flags: view.getUint8(at + 10),
    type: view.getUint8(at + 11),
    ...rest,
  }),
  toWire: (view, at, { family, interfaceIndex, state, flags, type, ...rest }) => {
    view.setUint8(at, family ?? 0);
    view.setInt32(at + 4, interfaceIndex ?? 0, HOST_LITTLE);
    view.setUint16(at + 8, state ?? 0, HOST_LITTLE);
    view.setUint8(at + 10, flags ?? 0);
    view.setUint8(at + 11, type ?? 0);
    return rest;
  },
});
