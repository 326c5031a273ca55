/** Numbers, sizes and times as people read them; numbers as the terminal prints them. */

/** Digits that carry information, without an exponent or a tail of zeros. */
export const formatNumber = (value: number): string => {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e15) {
    return size < 10_000 ? String(value) : value.toLocaleString('en-US');
  }
  if (size >= 1e15 || size < 1e-3) {
    // Rounded up, the largest numbers are none any more.
    const short = Number(value.toPrecision(4));
    return String(Number.isFinite(short) ? short : value);
  }
  return value.toLocaleString('en-US', { maximumSignificantDigits: size >= 1000 ? 6 : 4 });
};

/** A number and its unit; a dash where there is none. */
export const withUnit = (value: number | null, unit: string): string =>
  value === null ? '–' : `${formatNumber(value)} ${unit}`.trimEnd();

/** `title (unit)`, or the title alone. */
export const titleWithUnit = (title: string, unit: string | undefined): string =>
  unit === undefined || unit === '' ? title : `${title} (${unit})`;

const SIZES = ['B', 'KiB', 'MiB', 'GiB'] as const;

/** Octets, in three digits or a few more. */
export const formatBytes = (bytes: number): string => {
  let power = 0;
  let value = bytes;
  while (value >= 1024 && power < SIZES.length - 1) {
    value /= 1024;
    power++;
  }
  // Below 1,024 all digits of a whole number count.
  return `${value < 100 ? Number(value.toPrecision(3)) : Math.round(value)} ${SIZES[power] ?? 'B'}`;
};

/** A span of time in at most two parts: `320 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`. */
export const formatDuration = (ms: number): string => {
  const span = Math.max(0, ms);
  if (span < 999.5) return `${Math.round(span)} ms`;
  if (span < 59_950) return `${(span / 1000).toFixed(1)} s`;
  const seconds = Math.round(span / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

/** Time of day, with the day where it is not today. */
export const formatMoment = (atMs: number, nowMs: number): string => {
  const [at, now] = [new Date(atMs), new Date(nowMs)];
  const time = at.toLocaleTimeString('en-GB');
  return at.toDateString() === now.toDateString()
    ? time
    : `${at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })}, ${time}`;
};
