/** The addon's watch on sockets in trouble, which the kernel's netlink can't be brought to at will. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IpAddress } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { expect, test } from 'vitest';
import { intBytes } from '../src/internal/int-bytes.js';
import { nativeNamed } from '../src/internal/load.js';
import { socketAddress } from '../src/mptcp-socket/socket-address.js';

const AF_INET = 2;
const SOCK_DGRAM = 2;
const IPPROTO_IP = 0;
const IP_RECVERR = 11;
const SOL_SOCKET = 1;
const SO_ERROR = 4;
const ECONNREFUSED = 111;
const EIO = 5;

const addon = nativeNamed('addon');

/** A socket whose peer's host has answered that nobody listens, which is kept in its error queue. */
const refused = async (): Promise<number> => {
  if (E.isLeft(addon)) throw new Error('no addon');
  const native = addon.right;
  const nobody = createSocket('udp4').bind(0, '127.0.0.1');
  await once(nobody, 'listening');
  const { port } = nobody.address();
  nobody.close();
  const fd = native.socket(AF_INET, SOCK_DGRAM, 0, undefined);
  native.setsockopt(fd, IPPROTO_IP, IP_RECVERR, intBytes(1));
  native.connect(fd, socketAddress('127.0.0.1' as IpAddress, port));
  native.send(fd, new Uint8Array(1), 1);
  await sleep(20);
  return fd;
};

test.skipIf(E.isLeft(addon))('an error ends the watch with its number, once', async () => {
  if (E.isLeft(addon)) return;
  const native = addon.right;
  const fd = await refused();
  const told: number[] = [];
  const watch = native.watch(fd, new Uint8Array(16), (length) => told.push(length));
  await sleep(50);
  expect(told).toEqual([-ECONNREFUSED]);
  if (typeof watch === 'object') watch.stop();
  native.close(fd);
});

test.skipIf(E.isLeft(addon))('an error that nobody can take is told too, once', async () => {
  if (E.isLeft(addon)) return;
  const native = addon.right;
  const fd = await refused();
  const error = new Uint8Array(4);
  native.getsockopt(fd, SOL_SOCKET, SO_ERROR, error);
  expect(error).toEqual(intBytes(ECONNREFUSED));
  const told: number[] = [];
  const watch = native.watch(fd, new Uint8Array(16), (length) => told.push(length));
  await sleep(100);
  expect(told).toEqual([-EIO]);
  // It isn't polled any more: a loop that sleeps turns once for the timer.
  const { loopCount } = performance.nodeTiming.uvMetricsInfo;
  await sleep(50);
  expect(performance.nodeTiming.uvMetricsInfo.loopCount - loopCount).toBeLessThan(20);
  if (typeof watch === 'object') watch.stop();
  native.close(fd);
});
