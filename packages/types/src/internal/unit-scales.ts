/** The units of data, rates and time, as people and tools write them. */

import type { Scale, ScaleUnit } from '../scale.js';

const DECIMAL_PREFIXES = ['', 'k', 'M', 'G', 'T', 'P'] as const;
const BINARY_PREFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi'] as const;

/** kilo to peta before a symbol; `K` is read for `k`, as many write it. */
export const decimal = (
  symbol: string,
  approximate: boolean,
  aliases: ReadonlyArray<string> = [],
): ReadonlyArray<ScaleUnit> =>
  DECIMAL_PREFIXES.slice(1).map((prefix, power) => ({
    symbol: `${prefix}${symbol}`,
    times: [1000n ** BigInt(power + 1), 1n],
    approximate,
    aliases: (prefix === 'k' ? ['k', 'K'] : [prefix]).flatMap((p) =>
      [symbol, ...aliases].map((name) => `${p}${name}`),
    ),
  }));

/** kibi to pebi (IEC 80000-13) before a symbol. */
const binary = (
  symbol: string,
  approximate: boolean,
  aliases: ReadonlyArray<string> = [],
): ReadonlyArray<ScaleUnit> =>
  BINARY_PREFIXES.slice(1).map((prefix, power) => ({
    symbol: `${prefix}${symbol}`,
    times: [1024n ** BigInt(power + 1), 1n],
    approximate,
    aliases: aliases.map((name) => `${prefix}${name}`),
  }));

/** Bytes: decimal and binary multiples are read and written. */
export const DATA_SCALE: Scale = [
  { symbol: 'B', times: [1n, 1n], approximate: true, aliases: ['byte', 'bytes'] },
  ...decimal('B', false),
  ...binary('B', true),
];

/** Bits per second; byte rates are read. */
export const RATE_SCALE: Scale = [
  { symbol: 'bit/s', times: [1n, 1n], approximate: true, aliases: ['bps', 'bits/s'] },
  ...decimal('bit/s', true, ['bps', 'bit', 'b/s']),
  // Read, never printed: eight times a byte rate, as disks and downloads state it.
  { symbol: 'B/s', times: [8n, 1n], readOnly: true },
  ...decimal('B/s', false).map((unit) => eightTimes(unit)),
  ...binary('B/s', false).map((unit) => eightTimes(unit)),
];

function eightTimes(unit: ScaleUnit): ScaleUnit {
  return { ...unit, times: [unit.times[0] * 8n, unit.times[1]], readOnly: true };
}

/** Units of time in nanoseconds. */
const TIME: ReadonlyArray<readonly [string, bigint, ReadonlyArray<string>]> = [
  ['ns', 1n, []],
  // Both code points of the micro sign are in use: U+00B5 and U+03BC.
  ['µs', 1_000n, ['us', '\u03bcs']],
  ['ms', 1_000_000n, []],
  ['s', 1_000_000_000n, ['sec']],
  ['min', 60_000_000_000n, []],
  ['h', 3_600_000_000_000n, []],
  ['d', 86_400_000_000_000n, []],
];

/** The time units seen from one of them, which becomes the base. */
export const timeScale = (base: string): Scale => {
  const found = TIME.find(([symbol]) => symbol === base);
  const nanoseconds = found?.[1] ?? 1n;
  const unit = ([symbol, length, aliases]: (typeof TIME)[number]): ScaleUnit => ({
    symbol,
    aliases,
    times: [length, nanoseconds],
    approximate: length <= 1_000_000_000n,
  });
  const rest = TIME.filter(([symbol]) => symbol !== base).map(unit);
  return [unit(found ?? ['ns', 1n, []]), ...rest];
};
