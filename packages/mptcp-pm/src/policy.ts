/** Policies: pure functions from what happened and what is known to what should be done. */

import type { IpAddress } from '@liquid/types';
import type { PmEvent } from './event.js';
import type { AddressId, Connection, LocalAddress, SubflowKey, Token } from './model.js';

/** Something that a policy wants done. @since 0.1.0 */
export type Action =
  | {
      readonly _tag: 'CreateSubflow';
      readonly token: Token;
      readonly local: IpAddress;
      /** Bind to this interface; default by route. */
      readonly interfaceIndex?: number;
      /** Default one that the manager gives to the address. */
      readonly localId?: AddressId;
      readonly remote: IpAddress;
      readonly remotePort: number;
      readonly backup: boolean;
    }
  | {
      readonly _tag: 'SetBackup';
      readonly token: Token;
      readonly subflow: SubflowKey;
      readonly backup: boolean;
    }
  /** An orderly end. */
  | { readonly _tag: 'Destroy'; readonly token: Token; readonly subflow: SubflowKey }
  /** An end by RST, which also clears state in middleboxes. */
  | { readonly _tag: 'Abort'; readonly token: Token; readonly subflow: SubflowKey }
  | {
      readonly _tag: 'Announce';
      readonly token: Token;
      readonly address: IpAddress;
      readonly id?: AddressId;
      readonly port?: number;
    }
  | { readonly _tag: 'Remove'; readonly token: Token; readonly id: AddressId };

/** Why an action failed, as far as a policy may care. @since 0.1.0 */
export interface Refusal {
  /** Tag of the error, as in `UnknownToken`. */
  readonly tag: string;
  readonly message: string;
  /** Positive errno, or 0. */
  readonly errno: number;
}

/** What a policy is called for. @since 0.1.0 */
export type PolicyInput =
  | { readonly _tag: 'Event'; readonly event: PmEvent }
  /** All samples of a poll are in the view. */
  | { readonly _tag: 'Polled' }
  /** A time that this policy asked for has come. */
  | { readonly _tag: 'Wake' }
  /** What became of an action of this policy; `refusal` is missing where the kernel accepted. */
  | { readonly _tag: 'Outcome'; readonly action: Action; readonly refusal?: Refusal }
  /** The combination of policies did not let it pass. */
  | { readonly _tag: 'Withheld'; readonly action: Action; readonly why: string }
  /** Addresses or interfaces of this host changed, or the manager has just started. */
  | { readonly _tag: 'Addresses' }
  /** The manager adopted a connection that was there before it, or after a loss of events. */
  | { readonly _tag: 'Adopted'; readonly token: Token };

/** What is known at the moment; immutable. @since 0.1.0 */
export interface PmView {
  /** One of them; undefined where it is unknown, has ended, or fell back to TCP. */
  readonly connection: (token: Token) => Connection | undefined;
  /** All of them, in no order that matters. */
  readonly connections: () => Iterable<Connection>;
  readonly connectionCount: number;
  readonly addresses: ReadonlyArray<LocalAddress>;
}

/** What a policy gives back. @since 0.1.0 */
export interface Decision<S> {
  readonly state: S;
  readonly actions: ReadonlyArray<Action>;
  /** When to be called with `Wake`, ms of the clock; the earliest counts, asking again is free. */
  readonly wakeAtMs?: number;
}

/**
 * A policy. `step` is pure: the same arguments give the same decision, so a recorded run can be
 * replayed. It must be quick, as it stands between an event and the reaction.
 *
 * @typeParam S - its state; immutable
 * @since 0.1.0
 */
export interface Policy<S> {
  /** As in `full-mesh`; unique among the policies of a manager. */
  readonly name: string;
  /** The state that it begins with. */
  readonly init: S;
  /** What it wants done about what happened; also called for what only might happen. */
  readonly step: (state: S, input: PolicyInput, view: PmView, nowMs: number) => Decision<S>;
}

/** A policy of any state, as a manager holds several. @since 0.1.0 */
export type AnyPolicy = Policy<unknown>;

/** A policy of some state as one of any state, for a list of several. @since 0.1.0 */
export const anyPolicy = <S>(policy: Policy<S>): AnyPolicy =>
  // The engine hands a policy only the states that this policy gave.
  policy as unknown as AnyPolicy;
