/** Middleboxes: one that resets connections, one that blanks out TCP options. */
import type { Netlab, NetworkDescription, RunningProcess } from '@liquid/netlab';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect } from 'vitest';
import {
  expectAsBefore,
  lookAt,
  PAIR,
  right,
  script,
  sleep,
  systemTest,
  until,
  withLab,
} from './machine.js';

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

  for (const [node, address] of [
    ['router', '10.2.0.1'],
    ['router', 'fd02::1'],
    ['server', '10.2.0.1'],
    ['client', 'fd02::1'],
  ] as const) {
    systemTest(`are counted, by ${node}, to ${address}`, () =>
      withLab(ROUTED, async (lab) => {
        const server = await serve(lab);
        const { lines } = await connect(lab, address);
        const begin = performance.now();
        const resets = { destinationPort: 6000, forMs: 60_000, count: 1 } as const;
        const sent = await lab.resetConnections(node, { ...resets, direction: 'forward' })();
        expect(sent).toEqual(E.right(1));
        expect(performance.now() - begin).toBeLessThan(30_000);
        await until(() => lines.includes('ECONNRESET'));
        // The server's next segment is answered by the client, that knows of no connection.
        await until(() => server.includes('ECONNRESET'));
        // One was all: there is no rule any more, and no queue without a server.
        const again = await connect(lab, address);
        expect(await lab.resetConnections(node, { ...resets, direction: 'backward' })()).toEqual(
          E.right(1),
        );
        await until(() => server.filter((line) => line === 'ECONNRESET').length === 2);
        await until(() => again.lines.includes('ECONNRESET'));
      }),
    );
  }

  systemTest('that are forged end with their time, and with the lab', async () => {
    const before = lookAt();
    let pending: Promise<unknown> = Promise.resolve();
    await withLab(ROUTED, async (lab) => {
      await serve(lab);
      const { lines } = await connect(lab, '10.2.0.1');
      const elsewhere = { destinationPort: 6001, forMs: 200, reason: 1 };
      expect(await lab.resetConnections('router', elsewhere)()).toEqual(E.right(0));
      expect(lines).not.toContain('ECONNRESET');
      pending = lab.resetConnections('router', { ...elsewhere, forMs: 60_000 })();
      await sleep(200);
    });
    expect(await pending).toMatchObject(E.left({ _tag: 'Aborted' }));
    expectAsBefore(before);
  });

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
  expect(right(await lab.exec('client', asking)())).toMatchObject({ exitCode: 0, stdout: '1\n' });
};

const mptcp = { sysctls: { 'net.mptcp.enabled': 1 } };

describe('MP_TCPRST', () => {
  const { hosts, ...rest } = ROUTED;
  const speaking: NetworkDescription = {
    ...rest,
    hosts: {
      client: { ...hosts['client'], ...mptcp },
      router: hosts['router'] ?? {},
      server: { ...hosts['server'], ...mptcp },
    },
  };

  for (const [node, said, told] of [
    ['router', { reason: 6, transient: true }, { reason: 6, flags: 1 }],
    ['server', { reason: 3 }, { reason: 3, flags: 0 }],
    ['router', { transient: true }, { reason: 0, flags: 1 }],
    ['router', {}, undefined],
  ] as const) {
    const what = told === undefined ? 'none' : `reason ${told.reason}, T flag ${told.flags}`;
    systemTest(`from the ${node}: ${what}, is what the kernel of the client reports`, () =>
      withLab(speaking, async (lab) => {
        const begun = async (argv: readonly [string, ...string[]], node: string) => {
          const lines: string[] = [];
          const running = right(await lab.spawn(node, argv)());
          running.events.onTag('Line', ({ line }) => void lines.push(line));
          return lines;
        };
        const program = [process.execPath, script('mptcp.mjs')] as const;
        const server = await begun([...program, 'serve', '6100'], 'server');
        await until(() => server.includes('ready'));
        const events = await begun(['ip', 'mptcp', 'monitor'], 'client');
        await sleep(200);
        const client = await begun([...program, 'hold', '10.2.0.1', '6100'], 'client');
        await until(() => client.includes('1'));
        const resets = { ...said, destinationPort: 6100, forMs: 60_000, count: 1 };
        expect(await lab.resetConnections(node, { ...resets, direction: 'forward' })()).toEqual(
          E.right(1),
        );
        await until(() => events.some((line) => line.includes('SF_CLOSED')));
        const [closed = ''] = events.filter((line) => line.includes('SF_CLOSED'));
        expect(closed).toContain('error=104');
        const reason = /reset_reason=(\d+) reset_flags=(\w+)/.exec(closed);
        expect(
          reason === null ? undefined : { reason: Number(reason[1]), flags: Number(reason[2]) },
          closed,
        ).toEqual(told);
      }),
    );
  }
});

describe('stripped options', () => {
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
