/** What a plan is made of: nodes, devices and steps, as plain data. */

import type { Conflict, Decode, LimitExceeded, NotFound } from '@liquid/types';
import type { Argv } from './argv.js';
import type { Impairment } from './impairment.js';
import type { Shaping } from './shaping.js';

/**
 * What a step does without a program, where the kernel can be asked directly: so neither `sysctl`
 * nor `ethtool` need be installed. The step's `argv` says the same for a reader.
 *
 * @since 0.1.0
 */
export type DirectStep =
  | {
      readonly kind: 'sysctl';
      readonly namespace: string;
      readonly key: string;
      readonly value: string;
      /** A kernel without the setting is no error, as `net.ipv6` on one without IPv6. */
      readonly optional: boolean;
    }
  | { readonly kind: 'offload-off'; readonly namespace: string; readonly device: string };

/** One command of a plan. @since 0.1.0 */
export interface Step {
  readonly argv: Argv;
  /** What takes it back; `null` for a setting, which goes with the thing that it was made on. */
  readonly undo: Argv | null;
  /** Namespace whose removal removes what this step made, or the namespace made by it. */
  readonly namespace: string;
  readonly direct?: DirectStep;
}

/**
 * The wire that a device sends into, where its link is one with impairments: a bridge of two ports in
 * a namespace of its own. What is delayed there has left the sender and not reached the receiver, so
 * clocks, captures and send buffers at both ends see what a long cable would show them.
 *
 * @since 0.1.0
 */
export interface PlannedWire {
  /** Name of the node that holds all wires of the network. */
  readonly node: string;
  readonly namespace: string;
  /** The port at which the device's packets come in. */
  readonly port: string;
  /** The port by which they go on. */
  readonly out: string;
  /** Number of their packet queue. */
  readonly queue: number;
}

/** An interface that a plan makes. @since 0.1.0 */
export interface PlannedDevice {
  readonly node: string;
  readonly namespace: string;
  readonly device: string;
  readonly mtu: number;
  readonly addresses: ReadonlyArray<string>;
  readonly shaping: Shaping | null;
  /** Made once the network is there, by what the kernel has: see `Netlab.reimpair`. */
  readonly impairment: Impairment | null;
  /** Where its packets pass on their way; `null` for a link without impairments. */
  readonly wire: PlannedWire | null;
  /** The other end of its link. */
  readonly peer: { readonly node: string; readonly device: string };
}

/** A namespace that a plan makes. @since 0.1.0 */
export interface PlannedNode {
  readonly node: string;
  /** `wire`: holds the links that have impairments. */
  readonly kind: 'host' | 'switch' | 'wire';
  readonly namespace: string;
}

/** What it takes to make a network. @since 0.1.0 */
export interface NetworkPlan {
  readonly id: string;
  readonly nodes: ReadonlyArray<PlannedNode>;
  readonly devices: ReadonlyArray<PlannedDevice>;
  /** In the order in which to run them. */
  readonly steps: ReadonlyArray<Step>;
}

/** What can be wrong with a description. @since 0.1.0 */
export type PlanError = Decode | Conflict | NotFound | LimitExceeded;
