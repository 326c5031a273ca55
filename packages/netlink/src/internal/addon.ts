/** The C addon as {@link Native}: see native/netlink.c. */

import type { Native } from './native.js';

/** What the addon exports; its watch is an opaque value. */
export type AddonModule = Omit<Native, 'name' | 'watch'> & {
  readonly watch: (
    fd: number,
    bytes: Uint8Array,
    onDatagram: (length: number) => void,
  ) => object | number;
  readonly unwatch: (watch: object) => void;
  readonly refWatch: (watch: object, keepsAlive: boolean) => void;
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
    };
  },
});
