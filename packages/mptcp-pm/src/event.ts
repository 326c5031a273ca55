/** What happens to connections, as the kernel tells it (`MPTCP_EVENT_*` of linux/mptcp_pm.h). */

import type { IpAddress } from '@liquid/types';
import type { AddressId, FourTuple, Token } from './model.js';

/** What events about a connection have. @since 0.1.0 */
export interface OfConnection {
  readonly token: Token;
}

/** Fields of CREATED and ESTABLISHED. @since 0.1.0 */
export interface ConnectionFields extends OfConnection, FourTuple {
  readonly serverSide: boolean;
  readonly denyJoinId0: boolean;
}

/** Fields of the SUB_* events. @since 0.1.0 */
export interface SubflowFields extends OfConnection, FourTuple {
  readonly localId: AddressId;
  readonly remoteId: AddressId;
  readonly backup: boolean;
  /** 0 where the kernel doesn't tell. */
  readonly interfaceIndex: number;
}

/** What MP_TCPRST said (RFC 8684 3.6). @since 0.1.0 */
export interface ResetReason {
  /** 0 unspecified, 1 MPTCP error, 2 lack of resources, 3 prohibited, 4 too much outstanding data, 5 performance, 6 middlebox. */
  readonly reason: number;
  /** The T flag: a later try may succeed. */
  readonly transient: boolean;
}

/**
 * An event. Names are the kernel's; `SubCreated`, which Linux lacks, is made when the kernel accepts
 * our own request for a subflow (deliverable 4.2).
 *
 * @since 0.1.0
 */
export type PmEvent =
  | ({ readonly _tag: 'Created' } & ConnectionFields)
  | ({ readonly _tag: 'Established' } & ConnectionFields)
  | ({ readonly _tag: 'Closed' } & OfConnection)
  | ({
      readonly _tag: 'Announced';
      readonly remoteId: AddressId;
      readonly address: IpAddress;
      /** 0: none was given. */
      readonly port: number;
    } & OfConnection)
  | ({ readonly _tag: 'Removed'; readonly remoteId: AddressId } & OfConnection)
  | ({ readonly _tag: 'SubCreated' } & SubflowFields)
  | ({ readonly _tag: 'SubEstablished' } & SubflowFields)
  | ({
      readonly _tag: 'SubClosed';
      /** Positive errno of the socket, as 104 (ECONNRESET); 0 for an orderly end. */
      readonly error: number;
      /** Only where the reset carried MP_TCPRST: its absence tells a middlebox from the peer. */
      readonly reset?: ResetReason;
    } & SubflowFields)
  | ({ readonly _tag: 'SubPriority' } & SubflowFields)
  | { readonly _tag: 'ListenerCreated'; readonly local: IpAddress; readonly localPort: number }
  | { readonly _tag: 'ListenerClosed'; readonly local: IpAddress; readonly localPort: number };
