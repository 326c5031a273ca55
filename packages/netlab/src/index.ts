/**
 * Throw-away Linux networks from a typed description: namespaces, veth, bridges, shaping, TUN devices and captures.
 *
 * @packageDocumentation
 */
export {};
