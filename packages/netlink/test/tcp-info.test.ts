/** `struct tcp_info` and `struct mptcp_info`: every length, both forms, as the kernel lays them out. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  emptyMptcpInfo,
  emptyTcpInfo,
  MPTCP_INFO_BYTES,
  mptcpInfoBytes,
  readMptcpInfo,
  readMptcpInfoInto,
  readTcpInfo,
  readTcpInfoInto,
  sourceOf,
  TCP_INFO_BYTES,
  tcpInfoBytes,
  tcpInfoHas,
} from '../src/index.js';
import { TCP_INFO_LAYOUT } from '../src/tcp-info-layout.js';
import { mptcpInfo, tcpInfo } from './support/arbitraries.js';
import { cases } from './support/cases.js';

test('the layout covers the struct without a gap or an overlap', () => {
  let at = 0;
  for (const [name, offset, size] of TCP_INFO_LAYOUT) {
    // Bytes 6 and 7 are bit fields.
    if (at === 6) at = 8;
    expect([name, offset]).toEqual([name, at]);
    at += size;
  }
  expect(at).toBe(TCP_INFO_BYTES);
});

test('tcp_info of every length goes round', () => {
  fc.assert(
    fc.property(tcpInfo, (info) => {
      const bytes = tcpInfoBytes(info);
      expect(bytes.length).toBe(info.lengthBytes);
      expect(readTcpInfo(sourceOf(bytes), 0, bytes.length)).toEqual(info);
    }),
    cases(0.05),
  );
});

test('tcp_info: the hot form is the rich one in Numbers, whatever stood there before', () => {
  const row = emptyTcpInfo();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 320 }), fc.nat(9), (bytes, before) => {
      // Somewhere in a buffer, as in a message.
      const buffer = new Uint8Array(before + bytes.length + 8).fill(0xee);
      buffer.set(bytes, before);
      const source = sourceOf(buffer);
      readTcpInfoInto(source, before, before + bytes.length, row);
      const rich = readTcpInfo(source, before, before + bytes.length);
      const inNumbers = Object.entries(rich).map(([name, value]) => [
        name,
        typeof value === 'bigint' ? Number(value) : value,
      ]);
      const inexact = TCP_INFO_LAYOUT.filter(([, , size]) => size === 8).map(([name]) => name);
      for (const [name, value] of inNumbers as Array<[keyof typeof row, number | boolean]>) {
        // A 64-bit field that the struct ends within is none in the rich form.
        const place = TCP_INFO_LAYOUT.find(([known]) => known === name);
        if (inexact.includes(name as never) && place && bytes.length < place[1] + 8) continue;
        expect([name, row[name]]).toEqual([name, value]);
      }
    }),
    cases(0.02),
  );
});

test('the 232 bytes of Linux 6.1 are read to their end', () => {
  const bytes = tcpInfoBytes({
    ...emptyTcpInfo(),
    lengthBytes: 232,
    rttUs: 1234,
    cwnd: 10,
    sendWindowBytes: 65_535,
    receiveWindowBytes: 77,
  });
  const info = readTcpInfo(sourceOf(bytes), 0, bytes.length);
  expect(info).toMatchObject({ lengthBytes: 232, rttUs: 1234, cwnd: 10, sendWindowBytes: 65_535 });
  expect(info.receiveWindowBytes).toBe(0);
  expect(tcpInfoHas(info, 'sendWindowBytes')).toBe(true);
  expect(tcpInfoHas(info, 'receiveWindowBytes')).toBe(false);
  expect(tcpInfoHas(info, 'sendWindowScale')).toBe(true);
});

test('mptcp_info goes round, hot and rich', () => {
  const row = emptyMptcpInfo();
  fc.assert(
    fc.property(mptcpInfo, (info) => {
      const bytes = mptcpInfoBytes(info);
      const source = sourceOf(bytes);
      expect(readMptcpInfo(source, 0, bytes.length)).toEqual(info);
      readMptcpInfoInto(source, 0, bytes.length, row);
      for (const [name, value] of Object.entries(info)) {
        expect(row[name as keyof typeof row]).toBe(
          typeof value === 'bigint' ? Number(value) : value,
        );
      }
    }),
    cases(0.05),
  );
});

test('the 48 bytes of mptcp_info on Linux 6.1 are read to their end', () => {
  const whole = mptcpInfoBytes({
    ...emptyMptcpInfo(),
    lengthBytes: MPTCP_INFO_BYTES,
    token: 0xdeadbeef,
    checksumEnabled: true,
    bytesSent: 99n,
  });
  const info = readMptcpInfo(sourceOf(whole), 0, 48);
  expect(info).toMatchObject({ lengthBytes: 48, token: 0xdeadbeef, checksumEnabled: true });
  expect(info.bytesSent).toBe(0n);
});
