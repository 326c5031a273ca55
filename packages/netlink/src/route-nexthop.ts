/** Where a route leads: metrics, gateways of another family, and several next hops at once. */

import { type IpAddress, ipAddressFromBytes, ipAddressToBytes, isIpv4 } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { AttributeCursor } from './attribute.js';
import { type AttributeSet, attributeSet, type WithUnknown } from './attribute-set.js';
import { binary, blame, ip, text, u16, u32, type ValueCodec } from './attribute-value.js';
import { HOST_LITTLE } from './host-order.js';
import { align4 } from './message.js';
import { AF } from './sock-diag.js';

/** Attributes of a route (`RTA_*` of linux/rtnetlink.h). @since 0.1.0 */
export const RTA = {
  DST: 1,
  SRC: 2,
  IIF: 3,
  OIF: 4,
  GATEWAY: 5,
  PRIORITY: 6,
  PREFSRC: 7,
  METRICS: 8,
  MULTIPATH: 9,
  FLOW: 11,
  CACHEINFO: 12,
  TABLE: 15,
  MARK: 16,
  MFC_STATS: 17,
  VIA: 18,
  NEWDST: 19,
  PREF: 20,
  ENCAP_TYPE: 21,
  ENCAP: 22,
  EXPIRES: 23,
  PAD: 24,
  UID: 25,
  TTL_PROPAGATE: 26,
  IP_PROTO: 27,
  SPORT: 28,
  DPORT: 29,
  NH_ID: 30,
} as const;

/** Flags of a next hop (`RTNH_F_*`). @since 0.1.0 */
export const RTNH_F = {
  DEAD: 1,
  PERVASIVE: 2,
  ONLINK: 4,
  OFFLOAD: 8,
  LINKDOWN: 16,
  UNRESOLVED: 32,
  TRAP: 64,
} as const;

/** Attributes within METRICS (`RTAX_*`). @since 0.1.0 */
export const RTAX = {
  LOCK: 1,
  MTU: 2,
  WINDOW: 3,
  RTT: 4,
  RTTVAR: 5,
  SSTHRESH: 6,
  CWND: 7,
  ADVMSS: 8,
  REORDERING: 9,
  HOPLIMIT: 10,
  INITCWND: 11,
  FEATURES: 12,
  RTO_MIN: 13,
  INITRWND: 14,
  QUICKACK: 15,
  CC_ALGO: 16,
  FASTOPEN_NO_COOKIE: 17,
} as const;

/** What connections over a route begin with. @since 0.1.0 */
export interface RouteMetrics {
  /** Bit `1 << type` of each metric that may not be learnt otherwise. */
  readonly lock?: number;
  readonly mtuBytes?: number;
  readonly windowBytes?: number;
  /** Eighths of a millisecond. */
  readonly rtt?: number;
  /** Quarters of a millisecond. */
  readonly rttvar?: number;
  readonly ssthresh?: number;
  readonly cwnd?: number;
  readonly advertisedMssBytes?: number;
  readonly reordering?: number;
  readonly hopLimit?: number;
  readonly initialCwnd?: number;
  readonly features?: number;
  readonly rtoMinMs?: number;
  readonly initialReceiveWindow?: number;
  readonly quickAck?: number;
  readonly congestionControl?: string;
  readonly fastOpenNoCookie?: number;
}

/** One of several next hops. @since 0.1.0 */
export interface NextHop extends NextHopAttributes, WithUnknown {
  /** See {@link RTNH_F}. */
  readonly flags: number;
  /** Weight minus one. */
  readonly hops: number;
  readonly interfaceIndex: number;
}

interface NextHopAttributes {
  readonly gateway?: IpAddress;
  /** A gateway of the other address family. */
  readonly via?: IpAddress;
  readonly flow?: number;
  readonly encapType?: number;
  readonly encap?: Uint8Array;
}

export const metrics: AttributeSet<RouteMetrics> = /* @__PURE__ */ attributeSet<RouteMetrics>({
  lock: [RTAX.LOCK, u32],
  mtuBytes: [RTAX.MTU, u32],
  windowBytes: [RTAX.WINDOW, u32],
  rtt: [RTAX.RTT, u32],
  rttvar: [RTAX.RTTVAR, u32],
  ssthresh: [RTAX.SSTHRESH, u32],
  cwnd: [RTAX.CWND, u32],
  advertisedMssBytes: [RTAX.ADVMSS, u32],
  reordering: [RTAX.REORDERING, u32],
  hopLimit: [RTAX.HOPLIMIT, u32],
  initialCwnd: [RTAX.INITCWND, u32],
  features: [RTAX.FEATURES, u32],
  rtoMinMs: [RTAX.RTO_MIN, u32],
  initialReceiveWindow: [RTAX.INITRWND, u32],
  quickAck: [RTAX.QUICKACK, u32],
  congestionControl: [RTAX.CC_ALGO, text],
  fastOpenNoCookie: [RTAX.FASTOPEN_NO_COOKIE, u32],
});

/** `struct rtvia`: the family says how the address is to be read. */
export const via: ValueCodec<IpAddress> = {
  read: (cursor) => {
    const { bytes } = cursor.source;
    const address = ipAddressFromBytes(bytes.subarray(cursor.start + 2, cursor.end));
    if (cursor.length > 2 && E.isRight(address)) return address.right;
    blame(cursor, cursor.start);
    return '' as never;
  },
  write: (writer, type, value) => {
    const address = ipAddressToBytes(value);
    const at = writer.attribute(type, 2 + address.length);
    writer.view.setUint16(at, isIpv4(value) ? AF.INET : AF.INET6, HOST_LITTLE);
    writer.bytes.set(address, at + 2);
  },
};

const nextHop: AttributeSet<NextHopAttributes> = /* @__PURE__ */ attributeSet<NextHopAttributes>({
  gateway: [RTA.GATEWAY, ip],
  via: [RTA.VIA, via],
  flow: [RTA.FLOW, u32],
  encapType: [RTA.ENCAP_TYPE, u16],
  encap: [RTA.ENCAP, binary],
});

/** Bytes of `struct rtnexthop`. */
const HEADER = 8;

/** A row of `struct rtnexthop`, each with attributes. */
export const multipath: ValueCodec<ReadonlyArray<NextHop>> = {
  read: (cursor) => {
    const { source, end } = cursor;
    const { view } = source;
    const hops: Array<NextHop> = [];
    const inner = new AttributeCursor();
    let at = cursor.start;
    while (end - at >= HEADER) {
      const length = view.getUint16(at, HOST_LITTLE);
      if (length < HEADER || length > end - at) {
        blame(cursor, at);
        break;
      }
      inner.reset(source, at + HEADER, at + length);
      hops.push({
        flags: view.getUint8(at + 2),
        hops: view.getUint8(at + 3),
        interfaceIndex: view.getInt32(at + 4, HOST_LITTLE),
        ...nextHop.read(inner),
      });
      if (inner.malformedAt >= 0) blame(cursor, inner.malformedAt);
      at += align4(length);
    }
    return hops;
  },
  write: (writer, type, hops) => {
    const outer = writer.length;
    writer.attribute(type, 0);
    for (const { flags, hops: weight, interfaceIndex, ...attributes } of hops) {
      const at = writer.raw(HEADER);
      writer.view.setUint8(at + 2, flags);
      writer.view.setUint8(at + 3, weight);
      writer.view.setInt32(at + 4, interfaceIndex, HOST_LITTLE);
      nextHop.write(writer, attributes);
      writer.view.setUint16(at, writer.length - at, HOST_LITTLE);
    }
    writer.close(outer);
  },
};
