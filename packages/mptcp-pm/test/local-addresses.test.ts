/** The host's addresses as the kernel tells of them, whatever comes in between. */
import {
  addresses as addressTable,
  AF,
  IFA_F,
  IFF,
  links as linkTable,
  type MessageCursor,
  MessageWriter,
  NETLINK,
  openNetlink,
  RTM,
  RTNLGRP,
} from '@liquid/netlink';
import { createFakeKernel, type FakeAnswer } from '@liquid/netlink/testing';
import type { IpAddress } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { watchAddresses } from '../src/local-addresses.js';
import type { LocalAddress } from '../src/model.js';
import { ip } from './support/build.js';

const UP = IFF.UP | IFF.LOWER_UP;
const EBUSY = -16;

const writer = new MessageWriter();
const link = (index: number, flags: number = UP, family = 0): MessageWriter =>
  linkTable.writeNew(writer, { index, name: `eth${index}`, flags, family });
const address = (
  interfaceIndex: number,
  text: IpAddress,
  { prefixLength = 24, flags = 0, gone = false } = {},
): MessageWriter => {
  const family = text.includes(':') ? AF.INET6 : AF.INET;
  const entry = { family, interfaceIndex, prefixLength, flags, scope: 0, address: text };
  return gone ? addressTable.writeDelete(writer, entry) : addressTable.writeNew(writer, entry);
};

/** What a dump finds, and how it goes. */
let found: ReadonlyArray<readonly [index: number, text: IpAddress]> = [];
let flags = UP;
let refuse = 0;
let turns = 0;

const answer = (request: MessageCursor, to: FakeAnswer): void => {
  to.later(turns);
  if (refuse !== 0) {
    to.done(refuse);
    return;
  }
  const indices = [...new Set(found.map(([index]) => index))];
  if (request.type === RTM.GETLINK) for (const index of indices) to.message(link(index, flags));
  else for (const [index, text] of found) to.message(address(index, text));
  to.done();
};

const kernel = createFakeKernel(answer);
const told: Array<ReadonlyArray<LocalAddress>> = [];
let end: () => void = () => {};
let stop: () => Promise<unknown> = async () => {};

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 0));
};
const tell = async (group: number, ...messages: ReadonlyArray<MessageWriter>): Promise<void> => {
  kernel.multicast(NETLINK.ROUTE, group, ...messages);
  await settle();
};
const shown = (): ReadonlyArray<string> =>
  (told.at(-1) ?? []).map(({ address: text, up }) => `${text}${up ? '' : ' down'}`);

beforeEach(async () => {
  found = [
    [2, ip('10.0.0.1')],
    [3, ip('10.1.0.1')],
  ];
  flags = UP;
  refuse = turns = 0;
  told.length = 0;
  const opened = await openNetlink({ protocol: NETLINK.ROUTE, transport: kernel })();
  if (E.isLeft(opened)) throw new Error(opened.left.message);
  const watching = await watchAddresses(opened.right, (list) => void told.push(list))();
  if (E.isLeft(watching)) throw new Error(watching.left.message);
  end = watching.right;
  stop = opened.right.stop;
  expect(shown()).toEqual(['10.0.0.1', '10.1.0.1']);
});

afterEach(async () => {
  end();
  await stop();
  expect(kernel.channels()).toBe(0);
});

test('addresses and interfaces come, go, and go down', async () => {
  await tell(RTNLGRP.IPV4_IFADDR, address(2, ip('10.0.0.9')));
  expect(shown()).toEqual(['10.0.0.1', '10.0.0.9', '10.1.0.1']);
  await tell(RTNLGRP.IPV4_IFADDR, address(2, ip('10.0.0.1'), { gone: true }));
  expect(shown()).toEqual(['10.0.0.9', '10.1.0.1']);
  await tell(RTNLGRP.LINK, link(2, IFF.UP));
  expect(shown()).toEqual(['10.0.0.9 down', '10.1.0.1']);
  await tell(RTNLGRP.LINK, linkTable.writeDelete(writer, { index: 2, name: 'eth2', flags: 0 }));
  expect(shown()).toEqual(['10.1.0.1']);
});

test('what is no use to a subflow is left out', async () => {
  await tell(RTNLGRP.IPV4_IFADDR, address(2, ip('127.0.0.5')));
  await tell(RTNLGRP.IPV6_IFADDR, address(2, ip('fe80::1')));
  const tentative = { prefixLength: 64, flags: IFA_F.TENTATIVE };
  await tell(RTNLGRP.IPV6_IFADDR, address(2, ip('2001:db8::1'), tentative));
  expect(told.length).toBe(1);
  await tell(RTNLGRP.IPV6_IFADDR, address(2, ip('2001:db8::1'), { prefixLength: 64 }));
  expect(shown()).toEqual(['10.0.0.1', '2001:db8::1', '10.1.0.1']);
});

test('an interface that leaves a bridge is still there', async () => {
  const port = { index: 2, name: 'eth2', flags: UP, family: AF.BRIDGE };
  await tell(RTNLGRP.LINK, linkTable.writeDelete(writer, port));
  expect(shown()).toEqual(['10.0.0.1', '10.1.0.1']);
});

test('an address that an interface has twice is one, until both are gone', async () => {
  await tell(RTNLGRP.IPV4_IFADDR, address(2, ip('10.0.0.1'), { prefixLength: 16 }));
  expect(shown()).toEqual(['10.0.0.1', '10.1.0.1']);
  await tell(RTNLGRP.IPV4_IFADDR, address(2, ip('10.0.0.1'), { prefixLength: 24, gone: true }));
  expect(shown()).toEqual(['10.0.0.1', '10.1.0.1']);
  await tell(RTNLGRP.IPV4_IFADDR, address(2, ip('10.0.0.1'), { prefixLength: 16, gone: true }));
  expect(shown()).toEqual(['10.1.0.1']);
});

test('after a loss everything is read anew, and what came meanwhile counts', async () => {
  turns = 3;
  found = [[3, ip('10.1.0.1')]];
  kernel.overrun(NETLINK.ROUTE, RTNLGRP.LINK);
  // While the first reading runs, a second loss, and then news.
  await new Promise((resolve) => setTimeout(resolve, 0));
  kernel.overrun(NETLINK.ROUTE, RTNLGRP.LINK);
  for (let i = 0; i < 12; i++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    kernel.multicast(NETLINK.ROUTE, RTNLGRP.LINK, link(3, i % 2 === 0 ? IFF.UP : UP));
  }
  kernel.multicast(NETLINK.ROUTE, RTNLGRP.LINK, link(3, IFF.UP));
  await settle();
  expect(shown()).toEqual(['10.1.0.1 down']);
});

test('a reading that fails is done again with the next news', async () => {
  refuse = EBUSY;
  found = [[3, ip('10.1.0.1')]];
  kernel.overrun(NETLINK.ROUTE, RTNLGRP.LINK);
  await settle();
  expect(shown()).toEqual(['10.0.0.1', '10.1.0.1']);
  refuse = 0;
  await tell(RTNLGRP.LINK, link(3));
  expect(shown()).toEqual(['10.1.0.1']);
});
