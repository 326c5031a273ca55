/** Events and samples to feed a manager with. */
import type { IpAddress } from '@liquid/types';
import type { ConnectionFields, SubflowFields } from '../../src/event.js';
import type { FourTuple, LocalAddress, SubflowSample, Token } from '../../src/model.js';

export const ip = (text: string): IpAddress => text as IpAddress;

export const LOCAL = [ip('10.0.0.1'), ip('10.1.0.1'), ip('10.2.0.1')] as const;
export const REMOTE = ip('192.0.2.7');

export const tuple = (local: number, port: number): FourTuple => ({
  local: LOCAL[local] ?? LOCAL[0],
  localPort: port,
  remote: REMOTE,
  remotePort: 80,
});

export const addresses = (...up: ReadonlyArray<number>): ReadonlyArray<LocalAddress> =>
  LOCAL.map((address, i) => ({
    address,
    interfaceName: `eth${i}`,
    interfaceIndex: i + 2,
    up: up.includes(i),
  }));

export const connectionFields = (
  token: Token,
  port = 40000,
  more: Partial<ConnectionFields> = {},
): ConnectionFields => ({
  token,
  ...tuple(0, port),
  serverSide: false,
  denyJoinId0: false,
  ...more,
});

export const subflowFields = (
  token: Token,
  at: FourTuple,
  more: Partial<SubflowFields> = {},
): SubflowFields => ({
  token,
  ...at,
  localId: 0,
  remoteId: 0,
  backup: false,
  interfaceIndex: 0,
  ...more,
});

export const sample = (
  token: Token,
  at: FourTuple,
  more: Partial<SubflowSample> = {},
): SubflowSample => ({
  ...at,
  token,
  localId: 0,
  remoteId: 0,
  tcpState: 1,
  fullyEstablished: true,
  join: false,
  backup: false,
  backupRemote: false,
  interfaceIndex: 2,
  rttUs: 20_000,
  rttvarUs: 1000,
  minRttUs: 18_000,
  rtoUs: 220_000,
  cwnd: 10,
  ssthresh: 0x7fffffff,
  mssBytes: 1448,
  congestionState: 'open',
  appLimited: false,
  deliveryBps: 5e6,
  unacked: 5,
  lost: 0,
  totalRetrans: 0,
  bytesAcked: 100_000,
  bytesSent: 110_000,
  bytesRetrans: 0,
  notSentBytes: 10_000,
  sendWindowBytes: 1_000_000,
  lastAckMs: 5,
  ...more,
});
