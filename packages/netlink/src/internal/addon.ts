/** The C addon as {@link Native}: see native/netlink.c. */

import type { OnDatagram } from '../transport.js';
import type { Native } from './native.js';

/** What the addon exports; its watch is an opaque value. */
export type AddonModule = Omit<Native, 'name' | 'watch'> & {
  readonly watch: (fd: number, bytes: Uint8Array, onDatagram: OnDatagram) => object | number;
  readonly unwatch: (watch: object) => void;
  readonly refWatch: (watch: object, keepsAlive: boolean) => void;
  readonly armWatch: (
    watch: object,
    expected: Uint8Array,
    fd: number,
    answer: Uint8Array,
  ) => number;
  readonly disarmWatch: (watch: object) => void;
};

export const nativeOfAddon = (addon: AddonModule): Native => ({
  ...addon,
  name: 'addon',
  watch: (fd, bytes, onDatagram) => {
    const watch = addon.watch(fd, bytes, onDatagram);
    if (typeof watch === 'number') return watch;
    return {
      ref: (keepsAlive) => addon.refWatch(watch, keepsAlive),
      stop: () => addon.unwatch(watch),
      arm: (expected, fd, answer) => addon.armWatch(watch, expected, fd, answer),
      disarm: () => addon.disarmWatch(watch),
    };
  },
});
