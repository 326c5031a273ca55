/** Numbers with units as text, exactly: decimal digits times a rational factor, never a rounded float. */

import type { Scale, ScaleUnit } from '../scale.js';

/** Longest text read as an amount: more digits than any value in range can need. */
const MAX_TEXT = 80;

/** Doubles end at 1e308 and 5e-324; larger exponents only make work. */
const MAX_EXPONENT = 400;

/** Decimals that the exact form tries with a larger unit: `1.5 MB`, but not `1.000001 MB`. */
const MAX_DECIMALS = 3;

const AMOUNT = /^(\d+)(?:\.(\d+))?(?:e([+-]?\d{1,3}))?(?:\s*(\S.*))?$/i;

/** A whole number over a positive whole number. */
interface Rational {
  readonly over: bigint;
  readonly under: bigint;
  /** The same as JavaScript reads it, in the base unit: correctly rounded everywhere. */
  readonly plain: number | undefined;
}

/** What reading gave: an exact amount in base units, or what would have been accepted. */
type Amount =
  | { readonly _tag: 'amount'; readonly value: Rational }
  | { readonly _tag: 'failure'; readonly expected: string };

const unitNames = (scale: Scale): string => {
  const names = scale.filter((unit) => unit.readOnly !== true).map((unit) => unit.symbol);
  const shown = names.filter((symbol) => symbol !== '');
  return shown.length === 0 ? 'a number' : `a number with one of ${shown.join(', ')}`;
};

const findUnit = (scale: Scale, symbol: string): ScaleUnit | undefined => {
  if (symbol === '') return scale[0];
  const exact = scale.find((unit) => unit.symbol === symbol || unit.aliases?.includes(symbol));
  return exact;
};

/** Reads text as an exact rational number of base units. */
const parseRational =
  (scale: Scale) =>
  (text: string): Amount => {
    const failure: Amount = { _tag: 'failure', expected: unitNames(scale) };
    if (text.length > MAX_TEXT) return failure;
    const match = AMOUNT.exec(text.trim());
    if (match === null) return failure;
    const [, integer = '', fraction = '', exponentText = '0', symbol = ''] = match;
    const unit = findUnit(scale, symbol.trim());
    const exponent = Number(exponentText);
    if (unit === undefined || Math.abs(exponent) > MAX_EXPONENT) return failure;
    const [times, per] = unit.times;
    const shift = exponent - fraction.length;
    const over = BigInt(integer + fraction) * times * (shift > 0 ? 10n ** BigInt(shift) : 1n);
    const under = per * (shift < 0 ? 10n ** BigInt(-shift) : 1n);
    const plain = times === per ? Number(`${integer}.${fraction}e${exponent}`) : undefined;
    return { _tag: 'amount', value: { over, under, plain } };
  };

/**
 * The double nearest to a rational. The quotient is taken with 60 bits more than a double holds
 * and a sticky bit for the rest, so that the last conversion rounds once and correctly (twice below
 * 1e-300, where doubles lose digits).
 */
const nearestDouble = ({ over, under, plain }: Rational): number => {
  if (plain !== undefined) return plain;
  if (over % under === 0n) return Number(over / under);
  const bitsOf = (value: bigint): number => value.toString(2).length;
  const shift = Math.max(0, 120 - (bitsOf(over) - bitsOf(under)));
  const scaled = over << BigInt(shift);
  const quotient = scaled / under;
  const sticky = scaled % under === 0n ? quotient : quotient | 1n;
  // In two steps, for 2^shift alone may be beyond the range of a double.
  const first = Math.min(shift, 1000);
  return Number(sticky) / 2 ** first / 2 ** (shift - first);
};

/** Reads text as a number of base units; a whole one where `whole`. */
export const parseAmount =
  (scale: Scale, whole: boolean) =>
  (
    text: string,
  ):
    | { readonly _tag: 'amount'; readonly value: number }
    | { readonly _tag: 'failure'; readonly expected: string } => {
    const amount = parseRational(scale)(text);
    if (amount._tag === 'failure') return amount;
    if (whole && amount.value.over % amount.value.under !== 0n) {
      return { _tag: 'failure', expected: `a whole number of ${scale[0].symbol}` };
    }
    return { _tag: 'amount', value: nearestDouble(amount.value) };
  };

/** Reads text as a whole number of base units, of any size. */
export const parseWhole =
  (scale: Scale) =>
  (
    text: string,
  ):
    | { readonly _tag: 'amount'; readonly value: bigint }
    | { readonly _tag: 'failure'; readonly expected: string } => {
    const amount = parseRational(scale)(text);
    if (amount._tag === 'failure') return amount;
    const { over, under } = amount.value;
    return over % under === 0n
      ? { _tag: 'amount', value: over / under }
      : { _tag: 'failure', expected: `a whole number of ${scale[0].symbol}` };
  };

const join = (digits: string, symbol: string): string =>
  symbol === '' ? digits : `${digits} ${symbol}`;

const factor = (unit: ScaleUnit): number => Number(unit.times[0]) / Number(unit.times[1]);

/** Drops zeros behind the decimal point. */
const trimZeros = (digits: string): string =>
  digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;

/**
 * The best text that reads back as the same value, which `readsBack` decides: without decimals where
 * there is such a one, then the shortest, then the smaller unit.
 */
export const formatExact = (
  scale: Scale,
  value: number,
  readsBack: (text: string) => boolean,
): string => {
  let best = join(String(value), scale[0].symbol);
  let bestDecimals = String(value).includes('.') ? 1 : 0;
  for (const unit of scale.slice(1)) {
    if (unit.readOnly === true || value === 0) continue;
    const digits = trimZeros((value / factor(unit)).toFixed(MAX_DECIMALS));
    const decimals = digits.includes('.') ? 1 : 0;
    const text = join(digits, unit.symbol);
    const better =
      decimals < bestDecimals || (decimals === bestDecimals && text.length < best.length);
    if (better && digits !== '0' && readsBack(text)) {
      best = text;
      bestDecimals = decimals;
    }
  }
  return best;
};

/** {@link formatExact} for whole numbers of any size: a larger unit only when it divides. */
export const formatWhole = (scale: Scale, value: bigint): string => {
  let best = join(String(value), scale[0].symbol);
  for (const unit of scale.slice(1)) {
    const [times, per] = unit.times;
    if (unit.readOnly === true || value === 0n || (value * per) % times !== 0n) continue;
    const text = join(String((value * per) / times), unit.symbol);
    if (text.length < best.length) best = text;
  }
  return best;
};

/** Text for people: the largest fitting unit, rounded to significant digits. */
export const formatApproximate = (scale: Scale, value: number, digits: number): string => {
  const precision = Math.min(15, Math.max(1, Math.trunc(digits) || 1));
  const units = scale
    .filter((unit) => unit.approximate === true)
    .sort((a, b) => factor(b) - factor(a));
  const smallest = units[units.length - 1] ?? scale[0];
  for (const unit of units) {
    // Rounded first: 999,999 B is "1 MB", not "1000 kB".
    const rounded = Number((value / factor(unit)).toPrecision(precision));
    if (rounded >= 1) return join(plain(rounded), unit.symbol);
  }
  return join(plain(Number((value / factor(smallest)).toPrecision(precision))), smallest.symbol);
};

/** Digits without an exponent where that is readable. */
const plain = (value: number): string => {
  const text = String(value);
  return text.includes('e+') ? BigInt(value).toString() : text;
};
