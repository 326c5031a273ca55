/** One whole ROHC packet: padding, feedback, CID, and the header of whichever profile (RFC 5795 section 5.2). */
import { describeError, unsupported } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { crc8 } from '../crc.js';
import { errorOf, type RohcError } from '../errors.js';
import { isFeedback } from '../feedback.js';
import { formatName } from '../format-names.js';
import { LARGE_CID_MAX } from '../internal/cid.js';
import { BAD_CID, MALFORMED, NO_CONTEXT, TRUNCATED } from '../internal/codes.js';
import { dissectFeedback } from './feedback.js';
import { dissectSdvl } from './fields.js';
import { dissectIpCo, dissectIpIr } from './ip.js';
import {
  dissectCommonAlone,
  dissectTcpCo,
  dissectTcpIr,
  dissectTcpIrCr,
  dissectTcpIrDyn,
} from './tcp.js';
import type { RohcPacketTree } from './tree.js';
import type { OwnedContextView } from './view.js';
import { Walk } from './walk.js';

/** What one reading of a packet supposes; a dissector that knows what came of the packet tries several. */
export interface Attempt {
  readonly previous: boolean;
  readonly shift: number;
}

/** What the dissection of one packet is told. */
export interface Setting {
  readonly large: boolean;
  readonly elided: boolean;
  readonly maxNodes: number;
  readonly contextOf: (cid: number) => OwnedContextView | undefined;
  /** Profile of a context of the opposite direction, -1 where it is not known. */
  readonly feedbackProfileOf: (cid: number) => number;
  readonly attempt: Attempt;
}

const ZERO_OCTET = /* @__PURE__ */ new Uint8Array(1);

const hex = (profile: number): string => `0x${profile.toString(16).padStart(4, '0')}`;

/** Padding octets, all of a run as one leaf. */
const dissectPadding = (walk: Walk): void => {
  let run = 1;
  while (walk.peek(run) === 0xe0) run++;
  walk.octets('padding', run, { section: 'RFC 5795 5.2.1.1' });
};

interface Header {
  cid: number;
  profile: number;
  format: string;
}

/** IR, IR-CR and IR-DYN: type octet, CID, profile, CRC-8, and what the profile puts behind. */
const dissectIr = (
  walk: Walk,
  setting: Setting,
  header: Header,
  type: number,
  start: number,
): RohcError | undefined => {
  const { bytes } = walk;
  let profile = -1;
  let crcAt = 0;
  walk.group('IR header', { section: 'RFC 5795 5.2.2' }, () => {
    walk.field('packet type', 8, { meaning: type === 0xf8 ? 'IR-DYN' : 'IR' });
    if (setting.large) header.cid = dissectSdvl(walk, 'CID', { section: 'RFC 5795 5.1.3' });
    profile = walk.field('profile', 8, { meaning: 'low octet of the profile identifier' });
    crcAt = walk.octet;
    if (!walk.failed) header.profile = profile;
  });
  if (walk.failed) return undefined;
  const readable = profile === 0x00 || profile === 0x04 || profile === 0x06;
  if (!readable) {
    return unsupported({
      what: 'ROHC profile',
      offset: crcAt - 1,
      expected: '0x0000, 0x0004 or 0x0006',
      actual: hex(profile),
    });
  }
  const crc = walk.peek();
  walk.field('CRC-8', 8, {
    meaning: profile === 0 ? 'over the octets before it' : 'over the header, this octet as 0',
    section: 'RFC 5795 5.3.1.1',
  });
  const context = header.cid < 0 ? undefined : setting.contextOf(header.cid);
  const own = context?.profile === profile ? context : undefined;
  if (profile === 0x06) {
    header.format = type === 0xfd ? 'IR' : type === 0xfc ? 'IR-CR' : 'IR-DYN';
    if (type === 0xfd) dissectTcpIr(walk);
    else if (type === 0xf8) dissectTcpIrDyn(walk, own?.tcp);
    else {
      dissectTcpIrCr(walk, header.cid, setting.large, (cid) => setting.contextOf(cid)?.tcp);
    }
  } else if (profile === 0x04) {
    header.format = type === 0xf8 ? 'IR-DYN' : 'IR';
    dissectIpIr(walk, type, own?.ip);
  } else {
    header.format = 'IR';
    if (type !== 0xfc) walk.fail(MALFORMED);
    walk.octets('packet', walk.left, { meaning: 'uncompressed', section: 'RFC 5795 5.4.1' });
  }
  if (walk.failed) return undefined;
  const end = walk.headerEnd();
  const register = crc8(bytes, crcAt + 1, end, crc8(ZERO_OCTET, 0, 1, crc8(bytes, start, crcAt)));
  // profile 0x0000's covers nothing behind it
  const expected = profile === 0 ? crc8(bytes, start, crcAt) : register;
  walk.matched(crcAt, expected === crc);
  return undefined;
};

/** Formats that a first octet may open in each profile, for a packet whose context is not known. */
const candidates = (first: number): string =>
  [
    ...(first < 0x80
      ? ['0x0006 rnd_3 or seq_4', '0x0004 UO-0']
      : first < 0xc0
        ? ['0x0006 rnd_1, 5 to 8 or seq_1, 3, 5, 8', '0x0004 UO-1']
        : first < 0xe0
          ? ['0x0006 rnd_2, 4 or seq_2, 6, 7', '0x0004 UOR-2']
          : []),
    ...(first < 0xe0 ? ['0x0000 Normal'] : []),
  ].join('; ');

/** Any packet but IR ones: the context's profile says how to read it. */
const dissectCo = (walk: Walk, setting: Setting, header: Header, first: number): void => {
  const { large, contextOf, attempt, elided } = setting;
  // with a large CID the context is known only behind the first octet
  const cidAhead = large ? readAhead(walk) : header.cid;
  if (cidAhead > LARGE_CID_MAX) return walk.fail(BAD_CID);
  header.cid = cidAhead;
  const context = cidAhead < 0 ? undefined : contextOf(cidAhead);
  const cid = large
    ? () => {
        header.cid = dissectSdvl(walk, 'CID', { section: 'RFC 5795 5.1.3' });
      }
    : undefined;
  if (context !== undefined) header.profile = context.profile;
  if (context?.tcp !== undefined) {
    const format = dissectTcpCo(walk, context.tcp, cid, attempt, elided);
    if (format >= 0) header.format = formatName(6, format);
    return;
  }
  if (context?.ip !== undefined) {
    const format = dissectIpCo(walk, context.ip, cid, attempt);
    if (format >= 0) header.format = formatName(4, format);
    return;
  }
  if (context?.profile === 0) {
    if (first >= 0xe0) return walk.fail(MALFORMED);
    header.format = 'Normal';
    walk.field('first octet', 8, { meaning: 'of the packet', section: 'RFC 5795 5.4.2' });
    cid?.();
    walk.octets('packet', walk.left, { meaning: 'uncompressed' });
    return;
  }
  if ((first & 0xfe) === 0xfa && context === undefined) {
    header.profile = 6;
    header.format = 'co_common';
    return dissectCommonAlone(walk, cid);
  }
  walk.field('first octet', 8, { meaning: candidates(first), section: 'RFC 5795 5.2.1.3' });
  cid?.();
  walk.fail(first >= 0xe0 ? MALFORMED : NO_CONTEXT);
};

/** The large CID behind the next octet, or -1. */
const readAhead = (walk: Walk): number => {
  const first = walk.peek(1);
  if (first < 0x80) return first;
  const second = walk.peek(2);
  return second < 0 ? -1 : first < 0xc0 ? ((first & 0x3f) << 8) | second : LARGE_CID_MAX + 1;
};

/** Dissects one packet under one reading. Left: a profile that is not offered, or nothing to dissect. */
export const dissectPacket = (
  packet: Uint8Array,
  setting: Setting,
): E.Either<RohcError, RohcPacketTree> => {
  if (packet.length === 0) return E.left(errorOf(TRUNCATED, 0));
  const walk = new Walk(packet, setting.maxNodes);
  const header: Header = { cid: -1, profile: -1, format: '' };
  for (let first = walk.peek(); first >= 0; first = walk.peek()) {
    if (first === 0xe0) dissectPadding(walk);
    else if (isFeedback(first)) {
      dissectFeedback(walk, setting.large, setting.feedbackProfileOf);
    } else break;
  }
  const start = walk.octet;
  if (walk.peek() >= 0) {
    if (!setting.large) {
      header.cid = 0;
      if (walk.peek() >>> 4 === 0xe) {
        walk.group('Add-CID', { section: 'RFC 5795 5.2.1.2' }, () => {
          walk.field('packet type', 4, { value: '1110' });
          header.cid = walk.field('CID', 4, { meaning: 'the context' });
        });
        if (walk.left === 0) walk.fail(TRUNCATED);
      }
    }
    const first = walk.peek();
    if (first >= 0xfe) {
      header.cid = -1;
      header.format = 'segment';
      walk.group('segment', { section: 'RFC 5795 5.2.5.2' }, () => {
        walk.field('packet type', 7, { value: '1111111' });
        walk.field('F', 1, { meaning: '1: the last segment' });
        walk.octets('segment', walk.left);
      });
    } else if (first === 0xfd || first === 0xfc || first === 0xf8) {
      const refused = dissectIr(walk, setting, header, first, start);
      if (refused !== undefined) return E.left(refused);
    } else if (first >= 0) dissectCo(walk, setting, header, first);
  }
  const { code, resolved } = walk;
  return E.right({
    length: packet.length,
    ...header,
    nodes: walk.finish(),
    resolved,
    ...(code < 0 ? { problem: describeError(errorOf(code, packet.length)) } : undefined),
  });
};
