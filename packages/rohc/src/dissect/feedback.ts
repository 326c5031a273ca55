/** Feedback elements as parts of a tree (RFC 5795 section 5.2.4, RFC 6846 section 8.3, RFC 3095 section 5.7.6). */
import {
  createFeedbackFrame,
  createFeedbackRecord,
  readFeedbackData,
  readFeedbackFrame,
} from '../feedback.js';
import { BAD_CRC, MALFORMED } from '../internal/codes.js';
import { dissectSdvl } from './fields.js';
import type { Walk } from './walk.js';

const TYPES = ['ACK', 'NACK', 'STATIC-NACK', 'reserved'] as const;
const MODES = ['reserved', 'unidirectional', 'optimistic', 'reliable'] as const;

/** Options by type; those of the RFC 3095 family alone have another section. */
const OPTIONS: Readonly<Record<number, readonly [name: string, meaning: string]>> = {
  1: ['CRC', 'CRC-8 over the element'],
  2: ['REJECT', 'the decompressor refuses the flow'],
  3: ['MSN-NOT-VALID', 'the sequence number means nothing'],
  4: ['MSN', 'more bits of the sequence number'],
  5: ['CLOCK', 'clock resolution in ms'],
  6: ['JITTER', 'largest jitter observed'],
  7: ['LOSS', 'longest run of lost packets observed'],
  9: ['CONTEXT_MEMORY', 'no memory for the context as the flow is compressed'],
};

const TCP_SECTION = 'RFC 6846 8.3';
const RFC3095_SECTION = 'RFC 3095 5.7.6';

const options = (walk: Walk, end: number, tcp: boolean): void => {
  while (walk.octet < end && !walk.failed) {
    const type = walk.peek() >>> 4;
    const length = walk.peek() & 15;
    const [name, meaning] = OPTIONS[type] ?? ['unknown option', 'skipped'];
    if (walk.octet + 1 + length > end) {
      walk.octets('undecoded', end - walk.octet, { meaning: 'an option longer than its element' });
      return;
    }
    walk.group(
      `${name} option`,
      { meaning, section: tcp ? 'RFC 6846 8.3.2' : RFC3095_SECTION },
      () => {
        walk.field('type', 4);
        walk.field('length', 4, { meaning: 'octets that follow' });
        if (tcp && type === 4 && length === 1) {
          walk.field('msn', 2, { meaning: 'the two lowest bits' });
          walk.field('reserved', 6);
        } else if (length === 1) walk.field('value', 8);
        else walk.octets('value', length);
      },
    );
  }
};

const data = (walk: Walk, end: number, profile: number): void => {
  const length = end - walk.octet;
  if (length === 1) {
    walk.field('FEEDBACK-1', 8, {
      meaning:
        profile === 0 ? 'acknowledges an IR packet' : 'ACK: the low octet of the sequence number',
      section: profile === 4 ? RFC3095_SECTION : profile === 0 ? 'RFC 5795 5.4.5' : TCP_SECTION,
    });
    return;
  }
  const tcp = profile === 6;
  if ((!tcp && profile !== 4) || (tcp && length < 3)) {
    walk.octets('FEEDBACK-2', length, {
      meaning: tcp ? 'too short' : 'of a profile that is not known here',
    });
    return;
  }
  walk.group('FEEDBACK-2', { section: tcp ? TCP_SECTION : RFC3095_SECTION }, () => {
    walk.field('acktype', 2, (raw) => ({ value: TYPES[raw] }));
    if (tcp) {
      walk.field('msn', 14, { meaning: 'low bits of the packet meant' });
      walk.field('crc', 8, { meaning: 'CRC-8 over CID and data' });
    } else {
      walk.field('mode', 2, (raw) => ({ value: MODES[raw] }));
      walk.field('sn', 12, { meaning: 'low bits of the packet meant' });
    }
    options(walk, end, tcp);
  });
};

/**
 * One feedback element, at whose first octet the walk stands. `profileOf` tells the profile of a context of the
 * opposite direction; where it gives -1, an element whose CRC matches as ROHC-TCP's or as RFC 3095's is read so.
 */
export const dissectFeedback = (
  walk: Walk,
  large: boolean,
  profileOf: (cid: number) => number,
): void => {
  const frame = createFeedbackFrame();
  const record = createFeedbackRecord();
  const { bytes } = walk;
  const end = readFeedbackFrame(bytes, walk.octet, walk.limit, large, frame);
  if (end < 0) {
    walk.field('feedback', 5, { value: '11110', section: 'RFC 5795 5.2.4.1' });
    walk.field('code', 3, { meaning: 'octets of the element, 0: the next octet has them' });
    walk.fail(end);
    return;
  }
  const read = (profile: number): number =>
    readFeedbackData(profile, bytes, frame.from, frame.data, frame.end, record);
  let profile = profileOf(frame.cid);
  let guessed = false;
  if (profile < 0 && frame.end - frame.data > 1) {
    guessed = true;
    if (read(6) >= 0) profile = 6;
    else if (read(4) >= 0 && record.crc) profile = 4;
  }
  const code = profile < 0 ? 0 : read(profile);
  const meaning =
    code === BAD_CRC
      ? 'its CRC does not match: to be discarded'
      : code < 0
        ? 'breaks a rule of its format: to be discarded'
        : guessed && profile >= 0
          ? `profile ${profile}, told by the CRC`
          : undefined;
  walk.group('feedback', { meaning, section: 'RFC 5795 5.2.4.1' }, () => {
    walk.field('packet type', 5, { value: '11110' });
    const size = walk.field('code', 3, {
      meaning: 'octets of the element, 0: the next octet has them',
    });
    if (size === 0) walk.field('size', 8, { meaning: 'octets of the element' });
    if (large) dissectSdvl(walk, 'CID', { meaning: 'of the opposite direction' });
    else if (frame.data > frame.from) {
      walk.group('Add-CID', { section: 'RFC 5795 5.2.1.2' }, () => {
        walk.field('packet type', 4, { value: '1110' });
        walk.field('CID', 4, { meaning: 'of the opposite direction' });
      });
    }
    data(walk, frame.end, profile);
    walk.agree(end, MALFORMED);
  });
};
