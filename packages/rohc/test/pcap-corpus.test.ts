/** Every capture of the public ROHC-TCP corpus, read to its end; needs `LIQUID_TEST_DATA`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  createIpSpan,
  ipPacketInto,
  LINKTYPE_ETHERNET,
  LINKTYPE_RAW,
  rohcPacketInto,
} from '../src/pcap/index.js';
import { readCapture, visitCapture } from '../src/pcap/node.js';
import { readAll, readChunks, right } from './pcap-support.js';

const root = process.env['LIQUID_TEST_DATA'];
const folder = root === undefined ? undefined : join(root, 'rohc');
const present = folder !== undefined && existsSync(folder);
const reason = present ? '' : ' (skipped: LIQUID_TEST_DATA names no folder with rohc/ in it)';

const filesBelow = (path: string): readonly string[] =>
  present
    ? readdirSync(path, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.pcap'))
        .map((name) => join(path, name))
        .sort()
    : [];

const octets = (path: string): Uint8Array => new Uint8Array(readFileSync(path));

describe.skipIf(!present)(`the corpus${reason}`, () => {
  const sources = filesBelow(join(folder ?? '', 'rfc6846')).filter((path) =>
    path.endsWith('source.pcap'),
  );

  it('source captures: all whole records, and Truncated in exactly five', () => {
    const cut: string[] = [];
    const counts: Record<string, number> = { files: 0, records: 0, ip: 0, notIp: 0, missing: 0 };
    const count = (key: string): void => {
      counts[key] = (counts[key] ?? 0) + 1;
    };
    const span = createIpSpan();
    for (const path of sources) {
      count('files');
      const { records, error } = readAll(octets(path));
      if (error !== null) {
        expect(error, path).toMatchObject({ _tag: 'Truncated', expected: 16, actual: 2 });
        cut.push(path.split('/').slice(-2)[0] ?? '');
      }
      for (const { data, linkType } of records) {
        count('records');
        const code = ipPacketInto(linkType, data, 0, data.length, span);
        count(code >= 0 ? 'ip' : 'notIp');
        if (code >= 0 && span.missing > 0) count('missing');
      }
    }
    expect(cut).toEqual([
      'afl24-duplicated-tcp-options',
      'afl26-generic-option',
      'afl30-mss-or-ws-opts-in-irregular-chain',
      'afl32-irregular-generic-option',
      'afl58-changing-opt-eol',
    ]);
    console.log(`source captures: ${JSON.stringify(counts)}`);
    expect(counts).toMatchObject({ files: 67, records: 2342 });
  });

  it('ROHC streams: as many frames as .sizes says, each of its size, none padded', () => {
    let streams = 0;
    let packets = 0;
    const span = createIpSpan();
    for (const path of filesBelow(join(folder ?? '', 'rfc6846'))) {
      if (path.endsWith('source.pcap')) continue;
      streams += 1;
      const { records, error } = readAll(octets(path));
      expect(error, path).toBeNull();
      const sizes = readFileSync(path.replace(/pcap$/, 'sizes'), 'utf8').trim().split('\n');
      expect(records, path).toHaveLength(sizes.length);
      records.forEach(({ data, linkType }, index) => {
        packets += 1;
        expect([LINKTYPE_ETHERNET, LINKTYPE_RAW]).toContain(linkType);
        const expected = Number(/rohc_size = (\d+)/.exec(sizes[index] ?? '')?.[1]);
        expect(rohcPacketInto(linkType, data, 0, data.length, span), path).toBe(expected);
        expect(span.offset).toBe(linkType === LINKTYPE_ETHERNET ? 14 : 0);
      });
    }
    console.log(`ROHC streams: ${streams}, packets: ${packets}`);
    expect([streams, packets]).toEqual([536, 37_472]);
  });

  it('malformed captures are well-formed pcap', () => {
    const files = filesBelow(join(folder ?? '', 'malformed'));
    expect(files.length).toBeGreaterThan(0);
    for (const path of files) expect(readAll(octets(path)).error, path).toBeNull();
  });

  it('gives the same in chunks of 1, 7 and 64 octets', () => {
    for (const path of sources) {
      const file = octets(path);
      const whole = readAll(file);
      for (const size of [1, 7, 64]) {
        const chunks: Uint8Array[] = [];
        for (let at = 0; at < file.length; at += size) chunks.push(file.subarray(at, at + size));
        expect(readChunks(chunks)).toEqual(whole);
      }
    }
  });

  it('gzipped captures of a kernel, by both ways of reading', async () => {
    const expected: Record<string, number> = { loss: 22_363, nots: 31_327, ts: 32_129 };
    for (const [name, records] of Object.entries(expected)) {
      const path = join(folder ?? '', 'acks', `acks_${name}.pcap.gz`);
      const span = createIpSpan();
      let cut = 0;
      const stats = await visitCapture(path, (step, reader) => {
        if (step !== 'record') return;
        const { linkType, bytes, start, length } = reader.record;
        if (ipPacketInto(linkType, bytes, start, length, span) <= 0) throw new Error('not IP');
        if (span.missing > 0) cut += 1;
      })();
      expect(right(stats).records).toBe(records);
      // One packet of each carries data, of which the snap length kept a part.
      expect(cut).toBe(1);
      let iterated = 0;
      for await (const event of readCapture(path)) {
        if (right(event)._tag === 'Record') iterated += 1;
      }
      expect(iterated).toBe(records);
    }
  });
});
