/** What can go wrong with netlink: the kernel's refusals with its own text, and the socket's troubles. */

import type { LiquidError, Tagged } from '@liquid/types';

/**
 * The kernel refused a request for a reason that no base tag names. `EPERM` and `EACCES` come as
 * `Permission`, `EOPNOTSUPP` and missing families as `Unsupported`.
 *
 * @since 0.1.0
 */
export interface KernelRefusal extends Tagged<'KernelRefusal'> {
  /** Positive, as in errno(3). */
  readonly errno: number;
  /** As in `EINVAL`. */
  readonly code: string;
  /** The kernel's own sentence from the extended acknowledgement, where it gave one. */
  readonly kernelText?: string;
  /** Offset in the request of the attribute that it blames. */
  readonly offset?: number;
  /** Type of an attribute that it misses (`NLMSGERR_ATTR_MISS_TYPE`). */
  readonly missingType?: number;
}

/**
 * Messages were lost: the socket's buffer was full when the kernel had more (`ENOBUFS`). What is
 * known must be read anew.
 *
 * @since 0.1.0
 */
export interface Overrun extends Tagged<'Overrun'> {
  readonly errno: number;
  readonly code: string;
}

/**
 * The kernel's table changed during a dump (`NLM_F_DUMP_INTR`) as often as was tried.
 *
 * @since 0.1.0
 */
export interface DumpInterrupted extends Tagged<'DumpInterrupted'> {}

/** How netlink fails. @since 0.1.0 */
export type NetlinkError = LiquidError | KernelRefusal | Overrun | DumpInterrupted;
