/** What may be wrong with a reader's file, in plain words. */
import {
  type Decode,
  decodeError,
  type Io,
  type LimitExceeded,
  limitExceeded,
  type Truncated,
  truncated,
} from '@liquid/types';
import type { CaptureError } from '@liquid/rohc/pcap';

/** Why nothing came of a file. `message` says what is wrong, `remedy` what to do. */
export interface Failure {
  readonly error: Decode | Truncated | LimitExceeded | Io;
  readonly remedy: string;
}

/** Most octets of a capture that are taken, unpacked: its packets are held in memory while they are looked at. */
export const FILE_LIMIT = 64 * 1024 * 1024;

const ANOTHER =
  'Choose a pcap or pcapng file, as tcpdump -w or Wireshark writes it; it may be gzipped.';

const rounded = (value: number): string => String(Math.round(value * 10) / 10);

/** Octets as people read sizes. */
export const sizeText = (octets: number): string =>
  octets < 1024
    ? `${octets} octets`
    : octets < 1024 * 1024
      ? `${rounded(octets / 1024)} KiB`
      : `${rounded(octets / 1024 / 1024)} MiB`;

/** The file is larger than what is taken; `actual` counts what was seen of it. */
export const tooLarge = (actual: number): Failure => ({
  error: limitExceeded({
    expected: FILE_LIMIT,
    actual,
    message: `The capture is larger than ${sizeText(FILE_LIMIT)}, the most that this page takes (unpacked).`,
  }),
  remedy:
    'Cut it, as with editcap -c or tcpdump -c, or use the command line: it has no such limit.',
});

/** The file has no octets. */
export const empty = (): Failure => ({
  error: truncated({ offset: 0, expected: 24, actual: 0, message: 'The file is empty.' }),
  remedy: ANOTHER,
});

/** gzip's stream is damaged before its first octet came out. */
export const notUnpacked = (): Failure => ({
  error: decodeError({
    actual: '',
    expected: 'gzip',
    message: 'The file says that it is gzipped, but it can’t be unpacked: it is damaged.',
  }),
  remedy: 'Fetch or copy it again.',
});

/** Printable text at the start of a file, or undefined where it is none. */
const textAt = (octets: Uint8Array): string | undefined => {
  const start = octets.subarray(0, 24);
  for (const octet of start) {
    if ((octet < 0x20 || octet > 0x7e) && octet !== 0x09 && octet !== 0x0a && octet !== 0x0d) {
      return undefined;
    }
  }
  return String.fromCharCode(...start).trim();
};

/** Reading ended before the first packet. */
export const unreadable = (error: CaptureError, octets: Uint8Array): Failure => {
  const text = textAt(octets);
  if (error._tag === 'Truncated') {
    return {
      error: { ...error, message: 'The capture breaks off before its first packet is whole.' },
      remedy: 'Copy it again; if it is still being written, stop the recording first.',
    };
  }
  if (error._tag === 'Decode' && error.offset === 0) {
    const what = text === undefined ? 'something else' : `text: “${text}”`;
    return {
      error: {
        ...error,
        message: `This is no capture. A capture begins with a signature; here is ${what}.`,
      },
      remedy: ANOTHER,
    };
  }
  return {
    error: decodeError({
      actual: '',
      expected: 'a capture',
      message: `The capture can’t be read: ${error.message}.`,
    }),
    remedy: ANOTHER,
  };
};

/** Every frame was of another kind. */
export const noPackets = (frames: number, reason: string | undefined): Failure => ({
  error: decodeError({
    actualText: `${frames} frames of other kinds`,
    expected: 'at least one IP packet',
    message:
      frames === 0
        ? 'The capture is sound but holds no packets.'
        : `The capture holds ${frames} ${frames === 1 ? 'frame' : 'frames'} but no IP packet${reason === undefined ? '' : `: ${reason}`}.`,
  }),
  remedy: 'Choose a capture of IPv4 or IPv6 traffic.',
});

/** Reading the file, or fetching the shipped one, failed. */
export const notRead = (cause: string): Failure => ({
  error: { _tag: 'Io', message: `The file could not be read: ${cause}.` },
  remedy: 'Try again; if the file has changed or moved since, choose it again.',
});
