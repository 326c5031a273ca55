/** A client and a server with one or two links between them, slow, long or lossy as a test wants. */

import type { Impairment, NetworkDescription, Shaping } from '@liquid/netlab';
import { USERSPACE_HOST } from './networks.ts';

/** How a link treats packets in both directions. */
export interface LinkKind {
  readonly rateBps?: number;
  /** Bytes that wait for the rate; default 50 ms of it. */
  readonly queueBytes?: number;
  /** Round trip. */
  readonly rttMs?: number;
  /** Of what the client sends. */
  readonly lossPercent?: number;
}

export const SERVER = '10.0.0.2';

/** The client's address on a link. */
export const clientAddress = (link: number): string => `10.0.${link}.1`;

const shapingOf = ({ rateBps, queueBytes }: LinkKind): { readonly shaping?: Shaping } =>
  rateBps === undefined
    ? {}
    : {
        shaping: {
          kind: 'tbf',
          rateBps,
          ...(queueBytes === undefined ? {} : { limitBytes: queueBytes }),
        },
      };

/** What befalls what one end sends; the relay is there from the beginning, so that it can change. */
export const impairmentOf = (kind: LinkKind, side: 'client' | 'server'): Impairment => ({
  delayMs: (kind.rttMs ?? 0) / 2,
  ...(side === 'client' && kind.lossPercent !== undefined ? { lossPercent: kind.lossPercent } : {}),
});

const isImpaired = (kind: LinkKind): boolean =>
  kind.rttMs !== undefined || kind.lossPercent !== undefined;

/**
 * Link `i` is between `10.0.i.1` (client, `eth<i>`) and `10.0.i.2`. What leaves from an address leaves
 * by its link, wherever it goes.
 */
export const linked = (
  kinds: ReadonlyArray<LinkKind>,
  sysctls: Readonly<Record<string, string | number>> = {},
): NetworkDescription => {
  const host = { sysctls: { ...USERSPACE_HOST.sysctls, ...sysctls } };
  const others = kinds.map((_, i) => i).slice(1);
  return {
    hosts: {
      client: {
        ...host,
        rules: others.map((i) => ({ priority: 100 + i, from: `10.0.${i}.1/32`, table: 100 + i })),
        routes: others.map((i) => ({
          to: 'default',
          via: `10.0.${i}.2`,
          device: `eth${i}`,
          table: 100 + i,
        })),
      },
      server: host,
    },
    links: kinds.map((kind, i) => ({
      ends: [
        {
          node: 'client',
          addresses: [`10.0.${i}.1/24`],
          ...shapingOf(kind),
          ...(isImpaired(kind) ? { impairment: impairmentOf(kind, 'client') } : {}),
        },
        {
          node: 'server',
          addresses: [`10.0.${i}.2/24`],
          ...(isImpaired(kind) ? { impairment: impairmentOf(kind, 'server') } : {}),
        },
      ],
    })),
  };
};
