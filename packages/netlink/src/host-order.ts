/** The byte order of this machine, which is the order of every netlink number that is not said to be big-endian. */

/**
 * Whether this machine stores the low byte first: the `littleEndian` argument of `DataView` for
 * numbers in host order. True on every platform that Node is built for but s390x.
 *
 * @since 0.1.0
 */
export const HOST_LITTLE: boolean = /* @__PURE__ */ (() =>
  new Uint8Array(new Uint16Array([1]).buffer)[0] === 1)();
