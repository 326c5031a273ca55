/** Every transport passes the conformance suite: the scripted kernel, the addon, koffi. */
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, test } from 'vitest';
import { nativeTransport } from '../src/index.js';
import { createFakeKernel, fakeController, transportSuite } from '../src/testing.js';

describe('fake', () => {
  for (const { name, run } of transportSuite({
    transport: createFakeKernel(fakeController([])),
  })) {
    test(name, async () => expect(await run()).toEqual(E.right(undefined)));
  }
});

describe.each(['addon', 'koffi'] as const)('%s', (name) => {
  const transport = nativeTransport(name);
  if (E.isLeft(transport)) {
    test('the running kernel', (ctx) => ctx.skip(transport.left.message));
    return;
  }
  for (const check of transportSuite({ transport: transport.right })) {
    test(check.name, async () => expect(await check.run()).toEqual(E.right(undefined)));
  }
});
