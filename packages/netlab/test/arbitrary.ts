/** Random networks that fit together, and the number of cases to try. */
import * as fc from 'fast-check';
import type { LinkDescription, LinkEnd, NetworkDescription, Shaping } from '../src/index.js';

/** `LIQUID_CASES` scales every property; a plan is a few hundred strings, so these cost more. */
export const cases = (share: number): number =>
  Math.max(20, Math.round(Number(process.env['LIQUID_CASES'] ?? 1e5) * share));

const rate = fc.integer({ min: 8, max: 1e10 });
const bytes = fc.integer({ min: 1, max: 1e9 });

const fifo = fc.oneof(
  fc.record({ kind: fc.constant('fifo' as const) }),
  fc.record({ kind: fc.constant('fifo' as const), limitBytes: bytes }),
  fc.record({ kind: fc.constant('fifo' as const), limitPackets: bytes }),
);

export const shaping: fc.Arbitrary<Shaping> = fc.oneof(
  fc.record({ kind: fc.constant('tbf' as const), rateBps: rate }),
  fc.record({
    kind: fc.constant('tbf' as const),
    rateBps: rate,
    burstBytes: bytes,
    latencyMs: fc.integer({ min: 1, max: 60_000 }),
  }),
  fc.record({ kind: fc.constant('htb' as const), rateBps: rate, ceilBps: rate, queue: fifo }),
  fifo,
  fc.record({ kind: fc.constant('fq_codel' as const), ecn: fc.boolean() }),
);

/** Hosts h0…, switches s0…, and links between any of them; every address once. */
export const network: fc.Arbitrary<NetworkDescription> = fc
  .record({
    hosts: fc.integer({ min: 1, max: 6 }),
    switches: fc.integer({ min: 0, max: 3 }),
    links: fc.array(
      fc.record({
        a: fc.nat(),
        b: fc.nat(),
        shaping: fc.option(shaping),
        impaired: fc.boolean(),
        mtu: fc.option(fc.integer({ min: 68, max: 65_535 })),
        offload: fc.boolean(),
        up: fc.boolean(),
        named: fc.boolean(),
      }),
      { maxLength: 12 },
    ),
    forwarding: fc.boolean(),
  })
  .map(({ hosts, switches, links, forwarding }) => {
    const names = [
      ...Array.from({ length: hosts }, (_, i) => `h${i}`),
      ...Array.from({ length: switches }, (_, i) => `s${i}`),
    ];
    const end = (choice: number, address: string, device: string | undefined): LinkEnd => {
      const node = names[choice % names.length] ?? 'h0';
      return {
        node,
        ...(node.startsWith('h') ? { addresses: [address] } : {}),
        ...(device === undefined ? {} : { device }),
      };
    };
    return {
      hosts: Object.fromEntries(names.slice(0, hosts).map((name) => [name, { forwarding }])),
      switches: Object.fromEntries(names.slice(hosts).map((name) => [name, {}])),
      links: links.map((link, i): LinkDescription => {
        const a = end(link.a, `10.${i}.0.1/24`, link.named ? `left${i}` : undefined);
        const b = end(link.b, `10.${i}.0.2/24`, link.named ? `right${i}` : undefined);
        return {
          ends: [
            link.shaping === null ? a : { ...a, shaping: link.shaping },
            link.impaired ? { ...b, impairment: { delayMs: i } } : b,
          ],
          offload: link.offload,
          up: link.up,
          ...(link.mtu === null ? {} : { mtu: link.mtu }),
        };
      }),
    };
  });
