/** What a plan is made of: nodes, devices and steps, as plain data. */

import type { Conflict, Decode, LimitExceeded, NotFound } from '@liquid/types';
import type { Argv } from './argv.js';
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

/** An interface that a plan makes. @since 0.1.0 */
export interface PlannedDevice {
  readonly node: string;
  readonly namespace: string;
  readonly device: string;
  readonly mtu: number;
  readonly addresses: ReadonlyArray<string>;
  readonly shaping: Shaping | null;
  /** The other end of its link. */
  readonly peer: { readonly node: string; readonly device: string };
}

/** A namespace that a plan makes. @since 0.1.0 */
export interface PlannedNode {
  readonly node: string;
  readonly kind: 'host' | 'switch';
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
