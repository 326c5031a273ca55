/** A row of the socket diagnosis as a sample: whose subflow it is, and what its flags say. */
import { AF, emptyDiagRow, MPTCP_SUBFLOW_FLAG as FLAG, TCP_STATE } from '@liquid/netlink';
import { ipAddressToBytes } from '@liquid/types';
import { expect, test } from 'vitest';
import { AddressTexts } from '../src/family-address.js';
import { isSubflow, sampleOf } from '../src/sample.js';
import { ip } from './support/build.js';

const rowOf = (flags: number, state: number = TCP_STATE.ESTABLISHED, token = 7) => {
  const row = emptyDiagRow();
  row.family = AF.INET;
  row.state = state;
  row.localAddress.set(ipAddressToBytes(ip('10.0.0.1')));
  row.remoteAddress.set(ipAddressToBytes(ip('10.0.0.2')));
  row.subflow.present = true;
  row.subflow.tokenLocal = token;
  row.subflow.flags = flags;
  return row;
};

const made = (flags: number) => sampleOf(rowOf(flags), new AddressTexts());

// Who connected sees its own flag and the peer's, who accepted the peer's alone.
test.each([
  ['an initial subflow of ours', FLAG.MCAP_LOC | FLAG.MCAP_REM, true, false],
  ['an initial subflow of the peer', FLAG.MCAP_REM, false, false],
  ['a further subflow of ours', FLAG.JOIN_LOC | FLAG.JOIN_REM, true, true],
  ['a further subflow of the peer', FLAG.JOIN_REM, false, true],
])('%s', (_name, flags, initiated, join) => {
  expect(made(flags)).toMatchObject({ initiated, join, backup: false, fullyEstablished: false });
  expect(isSubflow(rowOf(flags))).toBe(true);
});

test('backups and their sides', () => {
  const both = FLAG.JOIN_LOC | FLAG.JOIN_REM | FLAG.FULLY_ESTABLISHED;
  expect(made(both | FLAG.BKUP_LOC)).toMatchObject({ backup: true, backupRemote: false });
  expect(made(both | FLAG.BKUP_REM)).toMatchObject({ backup: false, backupRemote: true });
  expect(made(both).fullyEstablished).toBe(true);
});

test('what is no subflow is left out', () => {
  expect(isSubflow(rowOf(FLAG.MCAP_LOC))).toBe(false);
  expect(isSubflow(rowOf(FLAG.MCAP_LOC | FLAG.MCAP_REM, TCP_STATE.ESTABLISHED, 0))).toBe(false);
  const plain = rowOf(FLAG.MCAP_LOC | FLAG.MCAP_REM);
  plain.subflow.present = false;
  expect(isSubflow(plain)).toBe(false);
  expect(isSubflow(rowOf(FLAG.JOIN_LOC, TCP_STATE.SYN_SENT))).toBe(true);
  expect(isSubflow(rowOf(FLAG.MCAP_LOC, TCP_STATE.SYN_SENT))).toBe(false);
  expect(isSubflow(rowOf(FLAG.JOIN_LOC | FLAG.JOIN_REM, TCP_STATE.CLOSE_WAIT))).toBe(false);
});

test('an adopted connection knows whose it is', () => {
  // IPv4-mapped addresses come as the kernel has them.
  const row = rowOf(FLAG.MCAP_REM);
  row.family = AF.INET6;
  row.localAddress.set(ipAddressToBytes(ip('::ffff:10.0.0.1')));
  row.remoteAddress.set(ipAddressToBytes(ip('::ffff:10.0.0.2')));
  expect(sampleOf(row, new AddressTexts())).toMatchObject({
    local: '::ffff:10.0.0.1',
    remote: '::ffff:10.0.0.2',
    initiated: false,
  });
});
