/** Addresses of network interfaces (RTM_*ADDR, linux/if_addr.h). */

import type { IpAddress } from '@liquid/types';
import { type AttributeSet, attributeSet, type WithUnknown } from './attribute-set.js';
import { ip, s32, text, u8, u32, words } from './attribute-value.js';
import { HOST_LITTLE } from './host-order.js';
import { RTM, RTNLGRP } from './route.js';
import { type RouteTable, routeTable } from './route-table.js';

/** Attributes of an address (`IFA_*`). @since 0.1.0 */
export const IFA = {
  ADDRESS: 1,
  LOCAL: 2,
  LABEL: 3,
  BROADCAST: 4,
  ANYCAST: 5,
  CACHEINFO: 6,
  MULTICAST: 7,
  FLAGS: 8,
  RT_PRIORITY: 9,
  TARGET_NETNSID: 10,
  PROTO: 11,
} as const;

/** Flags of an address (`IFA_F_*`). @since 0.1.0 */
export const IFA_F = {
  SECONDARY: 0x01,
  NODAD: 0x02,
  OPTIMISTIC: 0x04,
  DADFAILED: 0x08,
  HOMEADDRESS: 0x10,
  DEPRECATED: 0x20,
  /** Not yet known to be unique on the link: connections can't begin at it. */
  TENTATIVE: 0x40,
  PERMANENT: 0x80,
  MANAGETEMPADDR: 0x100,
  NOPREFIXROUTE: 0x200,
  MCAUTOJOIN: 0x400,
  STABLE_PRIVACY: 0x800,
} as const;

/** How long an address lives. @since 0.1.0 */
export interface AddressLifetime {
  /** Seconds; 2^32 − 1 for ever. */
  readonly preferredSec: number;
  readonly validSec: number;
  /** Hundredths of a second since the machine started. */
  readonly createdCs: number;
  readonly updatedCs: number;
}

interface AddressAttributes {
  readonly address?: IpAddress;
  readonly local?: IpAddress;
  readonly label?: string;
  readonly broadcast?: IpAddress;
  readonly anycast?: IpAddress;
  readonly multicast?: IpAddress;
  readonly lifetime?: AddressLifetime;
  readonly wideFlags?: number;
  readonly routePriority?: number;
  readonly targetNamespaceId?: number;
  readonly protocol?: number;
}

/** An address of an interface. @since 0.1.0 */
export interface InterfaceAddressEntry extends Omit<AddressAttributes, 'wideFlags'>, WithUnknown {
  /** `AF.INET` or `AF.INET6`. */
  readonly family: number;
  /** Bits of the prefix, 24 of `192.0.2.1/24`. */
  readonly prefixLength: number;
  /** See `IFA_F`. */
  readonly flags: number;
  /** See `RT_SCOPE`. */
  readonly scope: number;
  readonly interfaceIndex: number;
  /** The address; of a point-to-point link the peer's, while {@link local} is ours. */
  readonly address?: IpAddress;
  /** Our address; IPv6 sends it only where it is another than {@link address}. */
  readonly local?: IpAddress;
}

const attributes: AttributeSet<AddressAttributes> = /* @__PURE__ */ attributeSet<AddressAttributes>(
  {
    address: [IFA.ADDRESS, ip],
    local: [IFA.LOCAL, ip],
    label: [IFA.LABEL, text],
    broadcast: [IFA.BROADCAST, ip],
    anycast: [IFA.ANYCAST, ip],
    multicast: [IFA.MULTICAST, ip],
    lifetime: [IFA.CACHEINFO, words('preferredSec', 'validSec', 'createdCs', 'updatedCs')],
    wideFlags: [IFA.FLAGS, u32],
    routePriority: [IFA.RT_PRIORITY, u32],
    targetNamespaceId: [IFA.TARGET_NETNSID, s32],
    protocol: [IFA.PROTO, u8],
  },
);

/** Addresses of interfaces. @since 0.1.0 */
export const addresses: RouteTable<InterfaceAddressEntry> = /* @__PURE__ */ routeTable<
  InterfaceAddressEntry,
  AddressAttributes
>({
  name: 'interface address',
  types: { new: RTM.NEWADDR, delete: RTM.DELADDR, get: RTM.GETADDR },
  groups: [RTNLGRP.IPV4_IFADDR, RTNLGRP.IPV6_IFADDR],
  headerBytes: 8,
  attributes,
  fromWire: (view, at, { wideFlags, ...rest }) => ({
    family: view.getUint8(at),
    prefixLength: view.getUint8(at + 1),
    // The header has room for eight of the flags only.
    flags: wideFlags ?? view.getUint8(at + 2),
    scope: view.getUint8(at + 3),
    interfaceIndex: view.getUint32(at + 4, HOST_LITTLE),
    ...rest,
  }),
  toWire: (view, at, { family, prefixLength, flags, scope, interfaceIndex, ...rest }) => {
    view.setUint8(at, family ?? 0);
    view.setUint8(at + 1, prefixLength ?? 0);
    view.setUint8(at + 2, flags ?? 0);
    view.setUint8(at + 3, scope ?? 0);
    view.setUint32(at + 4, interfaceIndex ?? 0, HOST_LITTLE);
    return flags === undefined ? rest : { ...rest, wideFlags: flags };
  },
});

/** Our own address of an entry, whichever attribute has it. @since 0.1.0 */
export const ownAddress = (entry: InterfaceAddressEntry): IpAddress | undefined =>
  entry.local ?? entry.address;
