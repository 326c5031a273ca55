/** The pure core of the site's widget, in Node: what it makes of captures, sound ones and others. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { createCompressor } from '@liquid/rohc';
import { createCaptureReader, ipPacketOf } from '@liquid/rohc/pcap';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, test } from 'vitest';
import {
  type Carried,
  carry,
  LENGTH_PREFIX,
  packetAt,
} from '../../../docs/.vitepress/theme/widget/carry.ts';
import { pathOf, stepOf, ticksTo } from '../../../docs/.vitepress/theme/widget/chart.ts';
import {
  type Failure,
  FILE_LIMIT,
  sizeText,
} from '../../../docs/.vitepress/theme/widget/failure.ts';
import { headerOctets } from '../../../docs/.vitepress/theme/widget/header-octets.ts';
import { createLook, placeOf, sameFormat } from '../../../docs/.vitepress/theme/widget/look.ts';
import { readOctets } from '../../../docs/.vitepress/theme/widget/read-octets.ts';
import { summarise } from '../../../docs/.vitepress/theme/widget/summary.ts';
import { captureFile, captures } from '../support/captures.ts';
import { root } from '../support/skip.ts';

const right = <A>(either: E.Either<unknown, A>): A => {
  if (E.isLeft(either)) throw new Error(JSON.stringify(either.left));
  return either.right;
};

const left = (either: E.Either<Failure, unknown>): Failure => {
  if (E.isRight(either)) throw new Error('it was taken');
  return either.left;
};

const unpacked = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(gunzipSync(readFileSync(captureFile(name))));

const streamOf = (octets: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> =>
  new Blob([octets]).stream();

/** Global header of a pcap file of a link type, and one record. */
const pcap = (linkType: number, ...frames: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
  const octets = new Uint8Array(24 + frames.reduce((sum, frame) => sum + 16 + frame.length, 0));
  const view = new DataView(octets.buffer);
  view.setUint32(0, 0xa1b2c3d4);
  view.setUint16(4, 2);
  view.setUint16(6, 4);
  view.setUint32(16, 65_535);
  view.setUint32(20, linkType);
  let at = 24;
  for (const frame of frames) {
    view.setUint32(at + 8, frame.length);
    view.setUint32(at + 12, frame.length);
    octets.set(frame, at + 16);
    at += 16 + frame.length;
  }
  return octets;
};

describe('a shipped capture', () => {
  test.for(captures)('%s comes back, and its stream adds up', async (name) => {
    const carried = right(carry(unpacked(name)));
    expect(carried).toMatchObject({
      different: 0,
      undelivered: 0,
      refused: 0,
      brokenOff: undefined,
    });
    expect(carried.timed).toBe(true);
    let sum = 0;
    for (let n = 0; n < carried.packets; n++) {
      const packet = packetAt(carried, n);
      sum += packet.length;
      const prefix = new DataView(carried.stream.buffer, carried.starts[n] ?? 0, LENGTH_PREFIX);
      expect(prefix.getUint32(0)).toBe(packet.length);
      expect(carried.after[n]).toBeLessThanOrEqual(packet.length);
    }
    expect(sum).toBe(carried.octetsAfter);
    const summary = await summarise(carried);
    expect(summary.sha256).toBe(createHash('sha256').update(carried.stream).digest('hex'));
    expect(summary.formats.reduce((all, { packets }) => all + packets, 0)).toBe(carried.packets);
    expect(summary.octetsBefore - summary.octetsAfter).toBe(
      summary.headersBefore - summary.headersAfter,
    );
    expect(summary.points.length).toBeLessThanOrEqual(160);
  });

  test('its packets are those that the compressor makes of them one by one', () => {
    const octets = unpacked('both-directions');
    const carried = right(carry(octets));
    const compressor = right(createCompressor());
    const reader = right(createCaptureReader());
    let n = 0;
    for (const event of reader.push(octets)) {
      const one = right(event);
      if (one._tag !== 'Record') continue;
      const { offset, length } = right(ipPacketOf(one.record.linkType, one.record.data));
      const sent = right(compressor.compress(one.record.data.subarray(offset, offset + length)));
      expect(sent.format).toBe(carried.formatNames[carried.formats[n] ?? 0]);
      expect(Buffer.compare(sent.packet, packetAt(carried, n))).toBe(0);
      n++;
    }
    expect(n).toBe(carried.packets);
  });

  test('progress goes up to at most the whole', () => {
    const parts: number[] = [];
    const many = Array.from({ length: 20_000 }, () => unpackedFrame);
    right(carry(pcap(101, ...many), (part) => parts.push(part)));
    expect(parts.length).toBe(2);
    expect(parts).toEqual([...parts].sort((a, b) => a - b));
    expect(parts.every((part) => part > 0 && part <= 1)).toBe(true);
  });
});

/** IPv6 without a next header, and four octets. */
const unpackedFrame = Uint8Array.of(0x60, 0, 0, 0, 0, 4, 59, 64, ...new Uint8Array(32), 1, 2, 3, 4);

describe('a wrong file is explained', () => {
  test('text', () => {
    const { error, remedy } = left(carry(new TextEncoder().encode('# Notes\nnothing here\n')));
    expect(error._tag).toBe('Decode');
    expect(error.message).toContain('This is no capture');
    expect(error.message).toContain('# Notes');
    expect(remedy).toContain('pcap');
  });

  test('octets of another kind', () => {
    const { error } = left(carry(readFileSync(process.execPath).subarray(0, 4096)));
    expect(error.message).toContain('something else');
  });

  test('nothing', async () => {
    expect(left(await readOctets(streamOf(new Uint8Array(0)))).error.message).toBe(
      'The file is empty.',
    );
  });

  test('broken off inside its first packet', () => {
    expect(left(carry(unpacked('acks-ipv6').subarray(0, 60))).error).toMatchObject({
      _tag: 'Truncated',
      message: 'The capture breaks off before its first packet is whole.',
    });
  });

  test('broken off later: what comes before is shown', () => {
    const carried = right(carry(unpacked('acks-ipv6').subarray(0, 50_000)));
    expect(carried.packets).toBeGreaterThan(100);
    expect(carried.different + carried.undelivered).toBe(0);
    expect(carried.brokenOff).toContain('needs');
  });

  test('no IP packets', () => {
    const arp = new Uint8Array(60);
    arp.set([0x08, 0x06], 12);
    const { error } = left(carry(pcap(1, arp, arp)));
    expect(error.message).toContain('2 frames but no IP packet');
    expect(left(carry(pcap(1))).error.message).toContain('holds no packets');
    expect(left(carry(pcap(147, arp))).error.message).toContain('147');
  });

  test('too large, also only when it is unpacked', async () => {
    const bomb = new Uint8Array(gzipSync(new Uint8Array(FILE_LIMIT + 1)));
    expect(bomb.length).toBeLessThan(1_000_000);
    for (const octets of [new Uint8Array(FILE_LIMIT + 1), bomb]) {
      const { error, remedy } = left(await readOctets(streamOf(octets)));
      expect(error._tag).toBe('LimitExceeded');
      expect(error.message).toContain('64 MiB');
      expect(remedy).toContain('command line');
    }
    expect(right(await readOctets(streamOf(new Uint8Array(FILE_LIMIT)))).octets.length).toBe(
      FILE_LIMIT,
    );
  });

  test('gzip: whole, damaged, broken off', async () => {
    const packed = new Uint8Array(readFileSync(captureFile('acks-ipv6')));
    const whole = right(await readOctets(streamOf(packed)));
    expect(whole.cut).toBe(false);
    expect(Buffer.compare(whole.octets, unpacked('acks-ipv6'))).toBe(0);
    const cut = right(await readOctets(streamOf(packed.slice(0, 9000))));
    expect(cut.cut).toBe(true);
    expect(right(carry(cut.octets)).packets).toBeGreaterThan(100);
    const { error } = left(await readOctets(streamOf(Uint8Array.of(0x1f, 0x8b, 9, 9, 9, 9, 9, 9))));
    expect(error.message).toContain('damaged');
  });

  test('a stream that fails', async () => {
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error('the disk is gone')),
    });
    expect(left(await readOctets(stream)).error.message).toContain('the disk is gone');
  });
});

describe('a look into a packet', () => {
  const carried = (name: string): Carried => right(carry(unpacked(name)));

  test('is the same in any order, and shows the original', () => {
    const all = carried('both-directions');
    const look = createLook(all);
    const there = [0, 1, 2, 40, 500, all.packets - 1].map(look);
    const back = [all.packets - 1, 500, 40, 2, 1, 0].map(look).reverse();
    expect(back).toEqual(there);
    for (const looked of there) {
      if (looked === undefined) throw new Error('no such packet');
      expect(looked.problem).toBeUndefined();
      const bits = looked.rows.filter(({ leaf }) => leaf).map(({ bitLength }) => bitLength);
      expect(bits.reduce((sum, length) => sum + length, 0)).toBe(8 * looked.octets.length);
      expect(looked.original.length).toBe(
        looked.octets.length - looked.headersAfter + looked.headersBefore,
      );
    }
    expect(look(-1)).toBeUndefined();
    expect(look(all.packets)).toBeUndefined();
    expect(look(1.5)).toBeUndefined();
  });

  test('goes to the next packet of the same format, or stays', () => {
    const all = carried('both-directions');
    const to = sameFormat(all, 100, 1);
    expect(all.formats[to]).toBe(all.formats[100]);
    expect(sameFormat(all, to, -1)).toBe(100);
    const first = all.formats.indexOf(all.formats[100] ?? 0);
    expect(sameFormat(all, first, -1)).toBe(first);
  });

  test.for([
    [0, 8, 'octet 0'],
    [8, 32, 'octets 1–4'],
    [9, 1, 'octet 1, bit 1'],
    [10, 4, 'octet 1, bits 2–5'],
    [12, 8, 'octets 1–2, 8 bits'],
  ] as const)('%i, %i: %s', ([bitOffset, bitLength, text]) => {
    expect(placeOf({ bitOffset, bitLength })).toBe(text);
  });
});

describe('header octets', () => {
  const ipv4 = (protocol: number, length = 20): Uint8Array => {
    const packet = new Uint8Array(length);
    packet[0] = 0x40 | (length / 4);
    packet[9] = protocol;
    return packet;
  };
  const tcp = (words: number): Uint8Array => {
    const header = new Uint8Array(words * 4);
    header[12] = words << 4;
    return header;
  };
  const ipv6 = (next: number): Uint8Array => {
    const packet = new Uint8Array(40);
    packet[0] = 0x60;
    packet[6] = next;
    return packet;
  };
  const payload = new Uint8Array(100);
  const fragment = ipv4(6);
  fragment[7] = 1;

  test.for([
    ['IPv4 and TCP', [ipv4(6), tcp(5), payload], 40],
    ['options', [ipv4(6, 24), tcp(8), payload], 56],
    ['UDP is payload', [ipv4(17), payload], 20],
    ['a later fragment', [fragment, tcp(5), payload], 20],
    ['IPv6 and TCP', [ipv6(6), tcp(8), payload], 72],
    ['a tunnel', [ipv4(4), ipv4(41), ipv6(6), tcp(5), payload], 100],
    ['IPv6 in IPv4', [ipv4(41), ipv6(6), tcp(5)], 80],
    ['hop-by-hop options', [ipv6(0), Uint8Array.of(6, 0, 0, 0, 0, 0, 0, 0), tcp(5), payload], 68],
    ['cut inside TCP', [ipv4(6), tcp(5).subarray(0, 8)], 28],
  ] as const)('%s', ([, parts, expected]) => {
    const packet = Buffer.concat([Uint8Array.of(9, 9), ...parts]);
    expect(headerOctets(packet, 2, packet.length)).toBe(expected);
  });
});

describe('the chart', () => {
  test('steps are round', () => {
    expect([0.93, 7, 52, 1_060].map((span) => stepOf(span, 5))).toEqual([0.2, 2, 20, 500]);
    expect(ticksTo(52, 5)).toEqual([0, 20, 40, 60]);
    expect(ticksTo(0.6, 6)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]);
    expect(ticksTo(0, 5)).toEqual([0, 1]);
  });

  test('a line fills its frame', () => {
    const frame = { left: 10, right: 110, top: 0, bottom: 50 };
    expect(
      pathOf(
        [
          [0, 0],
          [1, 5],
          [2, 10],
        ],
        2,
        10,
        frame,
      ),
    ).toBe('M10.0 50.0L60.0 25.0L110.0 0.0');
    expect(pathOf([[0, 1]], 0, 0, frame)).not.toContain('NaN');
  });

  test('sizes as people read them', () => {
    expect([12, 2048, 1_500_000, FILE_LIMIT].map(sizeText)).toEqual([
      '12 octets',
      '2 KiB',
      '1.4 MiB',
      '64 MiB',
    ]);
  });
});

test('every shipped capture is offered', () => {
  const source = readFileSync(join(root, 'docs/.vitepress/theme/widget/captures.ts'), 'utf8');
  for (const name of captures) expect(source).toContain(`captures/${name}.pcap.gz?url`);
});
