/** The native transports under attack, each in a process of its own; none of it needs a privilege. */
import { nativeTransport } from '@liquid/netlink';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, test } from 'vitest';
import { program } from './program.js';

describe.each(['addon', 'koffi'] as const)('%s', (name) => {
  const transport = nativeTransport(name);
  const attack = (title: string, run: () => Promise<void>): void => {
    test(title, async (ctx) => {
      if (E.isLeft(transport)) ctx.skip(transport.left.message);
      await run();
    });
  };

  attack('what a callback throws is an uncaught exception, once each, and it goes on', async () => {
    const { report } = await program('throwing', [name]);
    expect(report).toEqual({ caught: [1, 2, 3, 4].map((count) => `thrown ${count}`) });
  });

  attack('what a callback throws ends the process where nobody listens', async () => {
    const { code, stderr } = await program('throwing-uncaught', [name]);
    expect(code).toBe(1);
    expect(stderr).toContain('nobody catches this');
  });

  attack('a watch survives the collection of everything around it', async () => {
    const { report, signal } = await program('collected', [name], { flags: ['--expose-gc'] });
    expect(signal).toBeNull();
    const { calls, leaked } = report as { readonly calls: number; readonly leaked: number };
    expect(calls).toBeGreaterThanOrEqual(100);
    expect(leaked).toBeLessThan(10);
  });

  attack('a buffer whose memory is given away is not written to', async () => {
    const { report } = await program('detached', [name]);
    expect(report).toEqual({ lengths: [-14] });
  });

  attack('a loss is told, and what comes afterwards is heard', async () => {
    const { report } = await program('overrun', [name]);
    expect(report).toEqual({ lost: true, wrong: [], after: 10 });
  });

  attack('a loss is told also where a triggered send waits', async () => {
    const { report } = await program('overrun-armed', [name]);
    expect(report).toEqual({ lost: true, wrong: [], sent: [] });
  });

  attack('the process may end inside a callback', async () => {
    const { code, signal } = await program('exit-in-callback', [name]);
    expect({ code, signal }).toEqual({ code: 42, signal: null });
  });

  attack('threads load it and end in every way', async () => {
    const { report, signal, stderr } = await program('worker', [name]);
    expect(signal, stderr).toBeNull();
    const { codes, leaked } = report as { readonly codes: object; readonly leaked: number };
    expect(codes).toEqual({ leave: 0, terminate: 1, 'busy-terminate': 1, throw: 1, exit: 7 });
    // koffi hears nothing of a thread that is terminated from outside.
    if (name === 'addon') expect(leaked).toBe(0);
  });

  attack('a worker of a cluster watches a descriptor of its own, not of its primary', async () => {
    const { report, stderr } = await program('cluster', [name], {
      env: { LIQUID_NETLINK_TRANSPORT: name },
    });
    expect(report, stderr).toEqual({ heard: [true, true], told: 'Unsupported' });
  });

  attack('a stop gives all descriptors back, and the process ends', async () => {
    const { code, report } = await program('stopping', [name, 'stop'], { timeoutMs: 20_000 });
    expect(code).toBe(0);
    const { during, after } = report as { readonly during: number; readonly after: number };
    expect(during).toBeGreaterThanOrEqual(3);
    expect(after).toBe(0);
  });

  attack('an open subscription keeps the process alive', async () => {
    const { signal, report } = await program('stopping', [name, 'stay'], { timeoutMs: 3000 });
    expect(report).toBeDefined();
    expect(signal).toBe('SIGTERM');
  });

  attack('no thread of the pool is held', async () => {
    const { report } = await program('pool', [name], { env: { UV_THREADPOOL_SIZE: '1' } });
    expect(report).toEqual({ read: 8 });
  });
});

describe('which transport serves', () => {
  test.each(['addon', 'koffi'])('LIQUID_NETLINK_TRANSPORT=%s forces it', async (name) => {
    const { report } = await program('forced', [], { env: { LIQUID_NETLINK_TRANSPORT: name } });
    expect(report).toMatchObject(
      E.isRight(nativeTransport(name as 'addon')) ? { transport: name } : { _tag: 'Unsupported' },
    );
  });

  test('another name is refused with the names that there are', async () => {
    const { report } = await program('forced', [], { env: { LIQUID_NETLINK_TRANSPORT: 'dbus' } });
    expect(report).toMatchObject({ _tag: 'Unsupported', expected: 'addon or koffi' });
  });
});
