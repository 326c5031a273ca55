/**
 * # @liquid/types
 *
 * The shared vocabulary of Liquid Net: quantities that know their unit, network
 * addresses that are equal when they are the same, errors that are values, time and chance as
 * parameters, the life of long-running things, and the description of a tool as a trade. Small,
 * portable (browser, Node, workers), and mostly documentation.
 *
 * ## Install
 *
 * ```sh
 * npm install @liquid/types
 * ```
 *
 * ES modules and CommonJS, with types. It brings fp-ts and io-ts, nothing else, and needs no Node.
 *
 * ## Use
 *
 * ```ts
 * import * as E from 'fp-ts/lib/Either.js'
 * import { pipe } from 'fp-ts/lib/function.js'
 * import * as t from 'io-ts'
 * import { BitsPerSecond, Bytes, decode, Endpoint, Microseconds, renderError, transferTime } from '@liquid/types'
 *
 * const Link = t.type({ peer: Endpoint, rate: BitsPerSecond.FromText, mtu: Bytes })
 *
 * const result = pipe(
 *   { peer: '[2001:db8::1]:4500', rate: '150 Mbit/s', mtu: 1500 },
 *   decode(Link, 'link'),
 *   E.chainW(({ rate, mtu }) => transferTime(rate)(mtu)),
 *   E.match(renderError, Microseconds.print),
 * )
 * console.log(result) // 80 µs
 *
 * const wrong = decode(Link, 'link')({ peer: '2001:db8::1:4500', rate: '150 Mbit/s', mtu: 1500 })
 * if (E.isLeft(wrong)) console.log(renderError(wrong.left))
 * // link at peer: expected an address and a port, as in 192.0.2.1:80 or [2001:db8::1]:80, got "2001:db8::1:4500"
 * ```
 *
 * ## Concepts
 *
 * - **Quantities** ({@link Bytes}, {@link BitsPerSecond}, {@link Milliseconds}, …) are branded numbers:
 *   a size can't be passed for a rate. The value named like the type is an io-ts codec and holds what
 *   one does with it: `parse` and `print` (exactly, with SI and IEC units), `add` and `subtract`
 *   (an error outside the range) and their saturating forms (cut at the range's end). Whole 64-bit
 *   numbers are bigints ({@link Bytes64}, {@link Nanoseconds}).
 * - **Resources** ({@link Resources}) are vectors of quantities of different kinds, partially ordered,
 *   never summed to one number.
 * - **Addresses** ({@link Ipv4}, {@link Ipv6}, {@link Mac}, {@link Prefix}) are their own canonical text: equal
 *   strings are equal addresses, so they are keys of maps and JSON as they stand. IPv6 is read in every
 *   form of RFC 4291 and written as RFC 5952 says; octal and shortened IPv4 is refused; zones are a
 *   type of their own ({@link ScopedIpv6}). {@link Endpoint} and {@link FiveTuple} are objects with a text and a
 *   byte form.
 * - **Errors** are readonly objects with a `_tag`, one sentence in `message` and fields that place them
 *   (`path`, `offset`, `expected`, `actual`, `errno`, `code`, `cause`, `remedy`). Twelve base tags
 *   ({@link LiquidError}) cover most of what goes wrong; packages extend {@link Tagged}.
 *   {@link fromUnknown} makes one of any exception, {@link decode} of any io-ts failure,
 *   {@link renderError} a safe line of any of them.
 * - **Time and chance** are parameters: {@link Clock} and {@link Rng} (xoshiro128** 1.1 seeded by
 *   SplitMix64: the same numbers on every platform, independent streams by `fork`).
 * - **Lifecycle**: {@link openRunning} makes a {@link Running} whose `stop` releases everything once, last
 *   acquired first, also when opening fails half-way. {@link EventStream} serves listeners and bounded
 *   queues with a drop policy.
 * - **Trades** ({@link Trade}) say what a tool spends and gains. `@liquid/types/scenario` describes how it
 *   shows itself: inputs, needs, and a run that gives a report.
 * - `@liquid/types/testing` has a clock moved by hand, a scripted generator, a recording logger, and
 *   the conformance suite of scenarios.
 *
 * ## Options and Errors
 *
 * | function | option | default |
 * |---|---|---|
 * | `subscribe` of a stream | `capacity`, `onFull` (`oldest`, `newest`, `error`) | 1024, `oldest` |
 * | `decodeJson` | `limit` | 16 MiB of text |
 * | `openRunning` | `signal` | none |
 * | `createLogger` | `level` | `trace` |
 *
 * Nothing here throws for bad input: parsers and codecs give a `Decode`, arithmetic a `LimitExceeded`,
 * waiting an `Aborted`. What throws is a bug and says so.
 *
 * ## Speed
 *
 * Nothing here is meant for loops over packets: addresses are strings and results are objects. Hot paths
 * of the packages above work on bytes and bare integers and meet these types at their edges. The one
 * exception, {@link Rng}, allocates nothing per number.
 *
 * ## Limits and Security
 *
 * - Text from outside is cut before it is quoted in an error and never reaches a terminal with control
 *   or format characters in it. Parsers take time linear in the text, and refuse long text early.
 * - {@link Rng} is for simulation. It is not for keys, tokens or anything that someone may want to guess.
 * - `::ffff:192.0.2.1` and `192.0.2.1` are different addresses here; apply {@link unmapIpv4} before an
 *   access list. The range tests ({@link isLoopback}, {@link isPrivate}, …) do so themselves.
 * - Numbers end at 2^53 − 1; what a 64-bit field may hold beyond is a bigint.
 * - `Symbol.asyncDispose` must exist where {@link Running} is used: Node 20, Chromium 127 and newer.
 *
 * ## Sources
 *
 * - IPv6 text: [RFC 4291](https://www.rfc-editor.org/rfc/rfc4291) 2.2,
 *   [RFC 5952](https://www.rfc-editor.org/rfc/rfc5952); zones: [RFC 4007](https://www.rfc-editor.org/rfc/rfc4007);
 *   prefixes: [RFC 4632](https://www.rfc-editor.org/rfc/rfc4632); why IPv4 is read strictly:
 *   [RFC 6943](https://www.rfc-editor.org/rfc/rfc6943) 3.1.1.
 * - Binary prefixes: IEC 80000-13.
 * - Generator: D. Blackman, S. Vigna, *Scrambled linear pseudorandom number generators* (2018); seeding: G. L.
 *   Steele, D. Lea, C. H. Flood, *Fast splittable pseudorandom number generators* (2014).
 * - Logger shape: pino.
 *
 * @packageDocumentation
 */
export * from './abort.js';
export * from './big-quantity.js';
export * from './caught.js';
export * from './clock.js';
export * from './conversions.js';
export * from './decode.js';
export * from './endpoint.js';
export * from './errors.js';
export * from './events.js';
export * from './ip-address.js';
export * from './ipv4.js';
export * from './ipv6.js';
export * from './logger.js';
export * from './mac.js';
export * from './nearest.js';
export * from './prefix.js';
export * from './quantity.js';
export * from './render.js';
export * from './resources.js';
export * from './rng.js';
export * from './running.js';
export * from './scale.js';
export * from './trade.js';
export * from './units.js';
