/** The pcap file: its bytes, its place, and a disk that refuses. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import { afterAll, expect, test } from 'vitest';
import { openPcapFile } from '../src/internal/pcap-file.js';

const folder = mkdtempSync(join(tmpdir(), 'netlab-'));
afterAll(() => rmSync(folder, { recursive: true }));

const open = (name: string) => {
  const file = openPcapFile(join(folder, name), join(folder, `${name}.partial`), 101, 65_535);
  if (E.isLeft(file)) throw new Error(file.left.message);
  return file.right;
};

test('the file is in its place only when it is whole', () => {
  const file = open('a.pcap');
  const memory = Uint8Array.from({ length: 100 }, (_, i) => i);
  file.add(1_700_000_000, 999_999_999, memory, 10, 3, 40);
  expect(readdirSync(folder)).toEqual(['a.pcap.partial']);
  expect(file.close(true)).toEqual(E.right(undefined));
  expect(readdirSync(folder)).toEqual(['a.pcap']);
  const bytes = readFileSync(join(folder, 'a.pcap'));
  // draft-ietf-opsawg-pcap: magic for nanoseconds, 2.4, snap length, link type; then the record.
  expect(bytes.toString('hex')).toBe(
    '4d3cb2a1' +
      '02000400' +
      '00000000' +
      '00000000' +
      'ffff0000' +
      '65000000' +
      '00f15365' +
      'ffc99a3b' +
      '03000000' +
      '28000000' +
      '0a0b0c',
  );
});

test('more than a chunk is all there', () => {
  const file = open('b.pcap');
  const packet = new Uint8Array(60_000).fill(7);
  for (let i = 0; i < 20; i++) file.add(i, 0, packet, 0, packet.length, packet.length);
  file.close(true);
  expect(readFileSync(join(folder, 'b.pcap'))).toHaveLength(24 + 20 * (16 + 60_000));
});

test('thrown away, nothing is left', () => {
  open('c.pcap').close(false);
  expect(readdirSync(folder).filter((name) => name.startsWith('c'))).toEqual([]);
});

test('a folder that is not there is an error', () => {
  const refused = openPcapFile(join(folder, 'no/d.pcap'), join(folder, 'no/d.partial'), 1, 100);
  expect(refused).toMatchObject(E.left({ _tag: 'NotFound' }));
});
