/** Middleboxes: one that resets connections, one that blanks out TCP options. */
import type { Netlab, NetworkDescription, RunningProcess } from '@liquid/netlab';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect } from 'vitest';
import { PAIR, right, script, sleep, systemTest, until, withLab } from './machine.js';

const ROUTED: NetworkDescription = {
  hosts: {
    client: {
      routes: [
        { to: 'default', via: '10.1.0.2' },
        { to: 'fd02::/64', via: 'fd01::2' },
      ],
    },
    router: { forwarding: true },
    server: {
      routes: [
        { to: 'default', via: '10.2.0.2' },
        { to: 'fd01::/64', via: 'fd02::2' },
      ],
    },
  },
  links: [
    {
      ends: [
        { node: 'client', addresses: ['10.1.0.1/24', 'fd01::1/64'] },
        { node: 'router', addresses: ['10.1.0.2/24', 'fd01::2/64'] },
      ],
    },
    {
      ends: [
        { node: 'server', addresses: ['10.2.0.1/24', 'fd02::1/64'] },
        { node: 'router', addresses: ['10.2.0.2/24', 'fd02::2/64'] },
      ],
    },
  ],
};

/** A connection to a server that sends a line now and then, and says what became of it. */
const connect = async (
  lab: Netlab,
  address: string,
): Promise<{ readonly process: RunningProcess; readonly lines: string[] }> => {
  const args = [script('talk.mjs'), 'talk', address, '6000'];
  const process = right(await lab.spawnNode('client', args[0] ?? '', { args: args.slice(1) })());
  const lines: string[] = [];
  process.events.onTag('Line', ({ line }) => void lines.push(line));
  await until(() => lines.includes('echoed'));
  return { process, lines };
};

const serve = async (lab: Netlab): Promise<string[]> => {
  const args = ['serve', '6000'];
  const server = right(await lab.spawnNode('server', script('talk.mjs'), { args })());
  const lines: string[] = [];
  server.events.onTag('Line', ({ line }) => void lines.push(line));
  await until(() => lines.includes('ready'));
  return lines;
};

describe('resets', () => {
  for (const address of ['10.2.0.1', 'fd02::1']) {
    systemTest(`end a connection to ${address} at both ends, for a while`, () =>
      withLab(ROUTED, async (lab) => {
        const server = await serve(lab);
        const { lines } = await connect(lab, address);
        const sent = right(
          await lab.resetConnections('router', { destinationPort: 6000, forMs: 500 })(),
        );
        expect(sent).toBeGreaterThanOrEqual(1);
        await until(() => lines.includes('ECONNRESET'));
        // The rules are gone: a new connection lives.
        const again = await connect(lab, address);
        await sleep(300);
        expect(again.lines).not.toContain('ECONNRESET');
        expect(server.filter((line) => line === 'connected')).toHaveLength(2);
      }),
    );
  }

  systemTest('of one direction, and only those that match', () =>
    withLab(ROUTED, async (lab) => {
      const server = await serve(lab);
      const { lines } = await connect(lab, '10.2.0.1');
      const other = await lab.resetConnections('router', {
        destinationPort: 6001,
        source: '10.1.0.0/24',
        forMs: 200,
      })();
      expect(other).toEqual(E.right(0));
      expect(lines).not.toContain('ECONNRESET');
      // What the server sends is dropped and the server told; the client hears nothing.
      const resets = { destinationPort: 6000, direction: 'backward', forMs: 400 } as const;
      expect(right(await lab.resetConnections('router', resets)())).toBeGreaterThanOrEqual(1);
      await until(() => server.includes('ECONNRESET'));
      const wrong = await lab.resetConnections('router', { forMs: 0 })();
      expect(wrong).toMatchObject(E.left({ _tag: 'Decode' }));
    }),
  );

  systemTest('end with the lab', async () => {
    let pending: Promise<unknown> = Promise.resolve();
    await withLab(ROUTED, async (lab) => {
      pending = lab.resetConnections('router', { forMs: 60_000 })();
      await sleep(100);
    });
    expect(await pending).toMatchObject(E.left({ _tag: 'Aborted' }));
  });
});

/** A counter of the kernel's MPTCP. */
const counter = async (lab: Netlab, name: string): Promise<number> => {
  const { stdout } = right(await lab.exec('client', ['cat', '/proc/net/netstat'])());
  const [names = '', values = ''] = stdout
    .split('\n')
    .filter((line) => line.startsWith('MPTcpExt:'));
  return Number(values.split(' ')[names.split(' ').indexOf(name)]);
};

const overMptcp = async (lab: Netlab): Promise<void> => {
  const serving = [process.execPath, script('mptcp.mjs'), 'serve', '6100'] as const;
  const server = right(await lab.spawn('server', serving)());
  for await (const event of server.events) {
    if (event._tag === 'Line' && event.line === 'ready') break;
    if (event._tag === 'Exit') throw new Error('no MPTCP server');
  }
  const asking = [process.execPath, script('mptcp.mjs'), 'fetch', '10.0.0.2', '6100'] as const;
  expect(right(await lab.exec('client', asking)())).toMatchObject({ exitCode: 0, stdout: '1' });
};

describe('stripped options', () => {
  const mptcp = { sysctls: { 'net.mptcp.enabled': 1 } };

  systemTest('without MP_CAPABLE a connection is plain TCP', () =>
    withLab(
      {
        hosts: { client: mptcp, server: mptcp },
        links: [
          {
            ends: [
              { node: 'client', addresses: ['10.0.0.1/24'], stripOptions: [30] },
              { node: 'server', addresses: ['10.0.0.2/24'] },
            ],
          },
        ],
      },
      async (lab) => {
        await overMptcp(lab);
        expect(await counter(lab, 'MPCapableSYNTX')).toBe(1);
        expect(await counter(lab, 'MPCapableSYNACKRX')).toBe(0);
        expect(await counter(lab, 'MPCapableFallbackSYNACK')).toBe(1);
      },
    ),
  );

  systemTest('with it, the same connection is MPTCP', () =>
    withLab({ ...PAIR, hosts: { client: mptcp, server: mptcp } }, async (lab) => {
      await overMptcp(lab);
      expect(await counter(lab, 'MPCapableSYNACKRX')).toBe(1);
    }),
  );
});
