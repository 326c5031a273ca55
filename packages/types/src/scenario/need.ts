/** What a scenario needs of the machine, how that is probed, and what brings it when it is missing. */

import * as E from 'fp-ts/lib/Either.js';
import type { Task } from 'fp-ts/lib/Task.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';

import { permission, type Permission, unsupported, type Unsupported } from '../errors.js';

/**
 * The machine as probes see it; the runner provides it, so that needs are plain data and testable.
 *
 * @since 0.1.0
 */
export interface ProbeHost {
  /** As in Node's `process.platform`: `linux`, `darwin`, … */
  readonly platform: string;
  /** Whether the effective user is root. */
  readonly isRoot: Task<boolean>;
  /** Whether a command of this name is on the PATH or in the sbin folders. */
  readonly hasCommand: (name: string) => Task<boolean>;
  /** Whether a file or device exists. */
  readonly hasPath: (path: string) => Task<boolean>;
}

/** What is needed. @since 0.1.0 */
export type NeedKind = 'root' | 'package' | 'kernel';

/**
 * One need: a name for people, a remedy, a probe.
 *
 * @since 0.1.0
 */
export interface Need {
  readonly kind: NeedKind;
  /** As shown in lists: `root`, `Debian package iproute2`, `TUN devices`. */
  readonly name: string;
  /** The command or step that brings it, in the imperative. */
  readonly remedy: string;
  /** Whether it is there. */
  readonly probe: (host: ProbeHost) => Task<boolean>;
}

/**
 * Root's rights.
 *
 * @example
 * ```ts
 * import { needsRoot } from '@liquid/types/scenario'
 *
 * console.log(needsRoot.remedy) // run it as root, for example with sudo
 * ```
 * @since 0.1.0
 */
export const needsRoot: Need = {
  kind: 'root',
  name: 'root',
  remedy: 'run it as root, for example with sudo',
  probe: (host) => host.isRoot,
};

/**
 * A command that a Debian package brings.
 *
 * @param command - what is looked for on the PATH
 * @param debianPackage - what to install when it is missing; default the command's name
 * @example
 * ```ts
 * import { needsCommand } from '@liquid/types/scenario'
 *
 * console.log(needsCommand('ip', 'iproute2').remedy) // run: apt-get install iproute2
 * ```
 * @since 0.1.0
 */
export const needsCommand = (command: string, debianPackage: string = command): Need => ({
  kind: 'package',
  name: `Debian package ${debianPackage}`,
  remedy: `run: apt-get install ${debianPackage}`,
  probe: (host) => host.hasCommand(command),
});

/**
 * A feature of the kernel that shows as a file or device.
 *
 * @example
 * ```ts
 * import { needsKernel } from '@liquid/types/scenario'
 *
 * const tun = needsKernel('TUN devices', '/dev/net/tun', 'run: modprobe tun')
 * console.log(tun.kind, tun.name) // kernel TUN devices
 * ```
 * @since 0.1.0
 */
export const needsKernel = (name: string, path: string, remedy: string): Need => ({
  kind: 'kernel',
  name,
  remedy,
  probe: (host) => host.hasPath(path),
});

/** A need that is not met. @since 0.1.0 */
export type Unmet = Permission | Unsupported;

const unmet = (need: Need): Unmet =>
  need.kind === 'root'
    ? permission({ message: `needs ${need.name}`, expected: need.name, remedy: need.remedy })
    : unsupported({ message: `needs ${need.name}`, expected: need.name, remedy: need.remedy });

/**
 * Probes all needs at once. Left holds those that are missing, in the order given, each with its
 * remedy. A probe that throws or rejects counts as missing.
 *
 * @since 0.1.0
 */
export const probeNeeds =
  (host: ProbeHost) =>
  (needs: ReadonlyArray<Need>): TaskEither<readonly [Unmet, ...ReadonlyArray<Unmet>], void> =>
  async () => {
    const met = await Promise.all(
      needs.map(async (need) => {
        try {
          return await need.probe(host)();
        } catch {
          return false;
        }
      }),
    );
    const [first, ...rest] = needs.filter((_, i) => met[i] !== true).map(unmet);
    return first === undefined ? E.right(undefined) : E.left([first, ...rest]);
  };
