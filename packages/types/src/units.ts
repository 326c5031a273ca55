/** The common quantities: data, rates, durations, counts and shares. */

import type { Brand } from 'io-ts';

import { createQuantity, type Quantity } from './quantity.js';
import { DATA_SCALE, decimal, RATE_SCALE, timeScale } from './internal/unit-scales.js';

/**
 * A whole number of bytes, up to 2^53 − 1. Sizes on 64-bit wires and disks that may be larger are
 * {@link Bytes64}.
 *
 * @since 0.1.0
 */
export type Bytes = number & Brand<{ readonly Bytes: unique symbol }>;

/**
 * Codec, text and arithmetic of {@link Bytes}. `kB`, `MB`, … are powers of 1000, `KiB`, `MiB`, … of
 * 1024; a bare number is bytes.
 *
 * @example
 * ```ts
 * import { Bytes } from '@liquid/types'
 *
 * console.log(Bytes.parse('1.5 MB')) // { _tag: 'Right', right: 1500000 }
 * console.log(Bytes.print(Bytes.clamp(65536))) // 64 KiB
 * console.log(Bytes.approximate(Bytes.clamp(1234567))) // 1.18 MiB
 * ```
 * @since 0.1.0
 */
export const Bytes: Quantity<Bytes> = /* @__PURE__ */ createQuantity<Bytes>({
  name: 'Bytes',
  noun: 'bytes',
  whole: true,
  scale: DATA_SCALE,
});

/** A data rate in bits per second; fractions are allowed. @since 0.1.0 */
export type BitsPerSecond = number & Brand<{ readonly BitsPerSecond: unique symbol }>;

/**
 * Codec, text and arithmetic of {@link BitsPerSecond}. `Mbps` is read as megabit per second (tc
 * means bytes by `bps`; here that is `MB/s`); a bare number is bits per second.
 *
 * @example
 * ```ts
 * import { BitsPerSecond } from '@liquid/types'
 *
 * console.log(BitsPerSecond.parse('5 Mbit/s')) // { _tag: 'Right', right: 5000000 }
 * console.log(BitsPerSecond.parse('10 MB/s')) // { _tag: 'Right', right: 80000000 }
 * console.log(BitsPerSecond.approximate(BitsPerSecond.clamp(94_123_456))) // 94.1 Mbit/s
 * ```
 * @since 0.1.0
 */
export const BitsPerSecond: Quantity<BitsPerSecond> = /* @__PURE__ */ createQuantity<BitsPerSecond>(
  {
    name: 'BitsPerSecond',
    noun: 'bits per second',
    whole: false,
    scale: RATE_SCALE,
  },
);

/** A duration, or a reading of a clock, in microseconds; fractions are allowed. @since 0.1.0 */
export type Microseconds = number & Brand<{ readonly Microseconds: unique symbol }>;

/**
 * Codec, text and arithmetic of {@link Microseconds}; a bare number is microseconds.
 *
 * @example
 * ```ts
 * import { Microseconds } from '@liquid/types'
 *
 * console.log(Microseconds.parse('1.5 ms')) // { _tag: 'Right', right: 1500 }
 * ```
 * @since 0.1.0
 */
export const Microseconds: Quantity<Microseconds> = /* @__PURE__ */ createQuantity<Microseconds>({
  name: 'Microseconds',
  noun: 'microseconds',
  whole: false,
  scale: /* @__PURE__ */ timeScale('µs'),
});

/** A duration, or a wall-clock time since 1970, in milliseconds; fractions are allowed. @since 0.1.0 */
export type Milliseconds = number & Brand<{ readonly Milliseconds: unique symbol }>;

/**
 * Codec, text and arithmetic of {@link Milliseconds}; a bare number is milliseconds.
 *
 * @example
 * ```ts
 * import { Milliseconds } from '@liquid/types'
 *
 * console.log(Milliseconds.parse('2 min')) // { _tag: 'Right', right: 120000 }
 * console.log(Milliseconds.print(Milliseconds.clamp(300))) // 300 ms
 * ```
 * @since 0.1.0
 */
export const Milliseconds: Quantity<Milliseconds> = /* @__PURE__ */ createQuantity<Milliseconds>({
  name: 'Milliseconds',
  noun: 'milliseconds',
  whole: false,
  scale: /* @__PURE__ */ timeScale('ms'),
});

/** A duration in seconds; fractions are allowed. @since 0.1.0 */
export type Seconds = number & Brand<{ readonly Seconds: unique symbol }>;

/**
 * Codec, text and arithmetic of {@link Seconds}; a bare number is seconds.
 *
 * @example
 * ```ts
 * import { Seconds } from '@liquid/types'
 *
 * console.log(Seconds.print(Seconds.clamp(7200))) // 2 h
 * ```
 * @since 0.1.0
 */
export const Seconds: Quantity<Seconds> = /* @__PURE__ */ createQuantity<Seconds>({
  name: 'Seconds',
  noun: 'seconds',
  whole: false,
  scale: /* @__PURE__ */ timeScale('s'),
});

/** A whole number of things. @since 0.1.0 */
export type Count = number & Brand<{ readonly Count: unique symbol }>;

/**
 * Codec, text and arithmetic of {@link Count}; `10 k` is read as 10,000.
 *
 * @example
 * ```ts
 * import { Count } from '@liquid/types'
 *
 * console.log(Count.parse('16 k'), Count.print(Count.clamp(16000)))
 * // { _tag: 'Right', right: 16000 } 16 k
 * ```
 * @since 0.1.0
 */
export const Count: Quantity<Count> = /* @__PURE__ */ createQuantity<Count>({
  name: 'Count',
  noun: 'things',
  whole: true,
  scale: [{ symbol: '', times: [1n, 1n], approximate: true }, ...decimal('', true)],
});

/** A whole number of packets. @since 0.1.0 */
export type Packets = number & Brand<{ readonly Packets: unique symbol }>;

/**
 * Codec, text and arithmetic of {@link Packets}.
 *
 * @example
 * ```ts
 * import { Packets } from '@liquid/types'
 *
 * console.log(Packets.print(Packets.clamp(42))) // 42 packets
 * ```
 * @since 0.1.0
 */
export const Packets: Quantity<Packets> = /* @__PURE__ */ createQuantity<Packets>({
  name: 'Packets',
  noun: 'packets',
  whole: true,
  scale: [
    { symbol: 'packets', times: [1n, 1n], approximate: true, aliases: ['packet', 'pkt', 'p'] },
  ],
});

/** A share from 0 to 1: a loss rate, a utilisation, a saving. @since 0.1.0 */
export type Ratio = number & Brand<{ readonly Ratio: unique symbol }>;

/**
 * Codec, text and arithmetic of {@link Ratio}; `5 %` is 0.05.
 *
 * @example
 * ```ts
 * import { Ratio } from '@liquid/types'
 *
 * console.log(Ratio.parse('2.5 %')) // { _tag: 'Right', right: 0.025 }
 * console.log(Ratio.approximate(Ratio.clamp(0.12345))) // 12.3 %
 * ```
 * @since 0.1.0
 */
export const Ratio: Quantity<Ratio> = /* @__PURE__ */ createQuantity<Ratio>({
  name: 'Ratio',
  noun: 'shares',
  whole: false,
  max: 1,
  scale: [
    { symbol: '', times: [1n, 1n] },
    { symbol: '%', times: [1n, 100n], approximate: true },
  ],
});

/** Processor capacity in cores; 0.5 is half of one core's time. @since 0.1.0 */
export type Cores = number & Brand<{ readonly Cores: unique symbol }>;

/**
 * Codec, text and arithmetic of {@link Cores}; `250 m` is a quarter core, as orchestrators write it.
 *
 * @example
 * ```ts
 * import { Cores } from '@liquid/types'
 *
 * console.log(Cores.parse('250 m')) // { _tag: 'Right', right: 0.25 }
 * ```
 * @since 0.1.0
 */
export const Cores: Quantity<Cores> = /* @__PURE__ */ createQuantity<Cores>({
  name: 'Cores',
  noun: 'cores',
  whole: false,
  scale: [
    { symbol: 'cores', times: [1n, 1n], approximate: true, aliases: ['core'] },
    { symbol: 'm', times: [1n, 1000n], readOnly: true },
  ],
});

/** Storage operations per second. @since 0.1.0 */
export type OperationsPerSecond = number & Brand<{ readonly OperationsPerSecond: unique symbol }>;

/**
 * Codec, text and arithmetic of {@link OperationsPerSecond}.
 *
 * @example
 * ```ts
 * import { OperationsPerSecond } from '@liquid/types'
 *
 * console.log(OperationsPerSecond.parse('20 kIOPS')) // { _tag: 'Right', right: 20000 }
 * ```
 * @since 0.1.0
 */
export const OperationsPerSecond: Quantity<OperationsPerSecond> =
  /* @__PURE__ */ createQuantity<OperationsPerSecond>({
    name: 'OperationsPerSecond',
    noun: 'operations per second',
    whole: false,
    scale: [
      { symbol: 'IOPS', times: [1n, 1n], approximate: true, aliases: ['op/s', '/s'] },
      ...decimal('IOPS', true),
    ],
  });

/** Electrical power in watts. @since 0.1.0 */
export type Watts = number & Brand<{ readonly Watts: unique symbol }>;

/**
 * Codec, text and arithmetic of {@link Watts}.
 *
 * @example
 * ```ts
 * import { Watts } from '@liquid/types'
 *
 * console.log(Watts.parse('350 mW')) // { _tag: 'Right', right: 0.35 }
 * ```
 * @since 0.1.0
 */
export const Watts: Quantity<Watts> = /* @__PURE__ */ createQuantity<Watts>({
  name: 'Watts',
  noun: 'watts',
  whole: false,
  scale: [
    { symbol: 'W', times: [1n, 1n], approximate: true },
    { symbol: 'mW', times: [1n, 1000n], approximate: true },
    ...decimal('W', true),
  ],
});
