/**
 * Names of packet formats across profiles, numbered densely so that hot paths count them in an array.
 */
import { IP_FORMATS } from './profiles/ip/formats.js';
import { TCP_FORMAT_NAMES } from './profiles/tcp/formats.js';
import { UNCOMPRESSED_FORMATS } from './profiles/uncompressed.js';

/** Room for each profile's formats in the numbering: 32. */
const STRIDE = 32;

/** Number of a profile's format among all, for counting. */
export const formatNumber = (profile: number, format: number): number =>
  (profile === 0x0006 ? 0 : profile === 0x0004 ? STRIDE : 2 * STRIDE) + format;

/** One past the largest {@link formatNumber}. */
export const FORMAT_NUMBERS = 3 * STRIDE;

const names = (profile: number): readonly string[] =>
  profile === 0x0006 ? TCP_FORMAT_NAMES : profile === 0x0004 ? IP_FORMATS : UNCOMPRESSED_FORMATS;

/**
 * Name of a packet format in its profile, as the RFC spells it.
 *
 * @since 0.1.0
 */
export const formatName = (profile: number, format: number): string =>
  names(profile)[format] ?? 'unknown';

/** Turns counts by {@link formatNumber} into counts by `<profile> <format>`, zeros left out. */
export const namedCounts = (counts: Float64Array): { readonly [name: string]: number } => {
  const named: Record<string, number> = {};
  for (const profile of [0x0006, 0x0004, 0x0000]) {
    for (const [format, name] of names(profile).entries()) {
      const count = counts[formatNumber(profile, format)] as number;
      if (count > 0) named[`0x${profile.toString(16).padStart(4, '0')} ${name}`] = count;
    }
  }
  return named;
};
