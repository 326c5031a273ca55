/** Everywhere: importing works, wrong options are told first, other platforms get `Unsupported`. */
import * as E from 'fp-ts/lib/Either.js';
import { afterEach, describe, expect, test, vi } from 'vitest';

const real = process.platform;
afterEach(() => {
  Object.defineProperty(process, 'platform', { value: real });
  vi.resetModules();
});

const on = async (platform: string) => {
  Object.defineProperty(process, 'platform', { value: platform });
  return import('../src/index.js');
};

describe.each(['darwin', 'win32', 'freebsd'])('on %s', (platform) => {
  test('every door says Unsupported, with a remedy', async () => {
    const { diagnose, openCapture, openNetlab, openTun, sweep } = await on(platform);
    const results = [
      await openNetlab({ hosts: {} })(),
      await openTun()(),
      await openCapture({ device: 'lo', onPacket: () => undefined })(),
      await sweep(),
    ];
    for (const result of results) {
      expect(result).toMatchObject(E.left({ _tag: 'Unsupported', actual: platform }));
      expect(E.isLeft(result) && result.left.remedy).toBeTruthy();
    }
    expect((await diagnose()).ok).toBe(false);
  });
});

test('options are checked before anything is touched', async () => {
  const { openCapture, openNetlab, openTun } = await on('linux');
  const wrong = [
    await openNetlab({ hosts: { '': {} } })(),
    await openTun({ device: 'sixteen-letters0' })(),
    await openTun({ mtu: 67 })(),
    await openTun({ addresses: ['10.0.0.1'] })(),
    await openCapture({ device: 'lo' })(),
    await openCapture({ device: 'lo', file: 'x', ringBytes: 1000 })(),
  ];
  for (const result of wrong) expect(result).toMatchObject(E.left({ _tag: 'Decode' }));
});

test('a signal that has fired opens nothing', async () => {
  const { openNetlab, openTun } = await on('linux');
  const signal = AbortSignal.abort();
  expect(await openNetlab({ hosts: {} }, { signal })()).toMatchObject(E.left({ _tag: 'Aborted' }));
  expect(await openTun({ signal })()).toMatchObject(E.left({ _tag: 'Aborted' }));
});
