/** The network of the scenario: two hosts, a shaped link between them, and where the tunnel's ends are. */
import type { NetworkDescription } from '@liquid/netlab';

/** The two hosts. */
export type Host = 'near' | 'far';

/** Which way data go. */
export type Direction = 'far-to-near' | 'near-to-far';

export const HOSTS: ReadonlyArray<Host> = ['near', 'far'];

/** The host at the other end. */
export const OTHER: Readonly<Record<Host, Host>> = { near: 'far', far: 'near' };

/** Where data come from; acknowledgements go there. */
export const SENDER: Readonly<Record<Direction, Host>> = {
  'far-to-near': 'far',
  'near-to-far': 'near',
};

export const LINK_MTU = 1500;

/** Addresses of the link, from the block for documentation (RFC 5737), and inside the tunnel. */
export const OUTER: Readonly<Record<Host, string>> = { near: '192.0.2.1', far: '192.0.2.2' };
export const INNER: Readonly<Record<Host, string>> = { near: '10.1.0.1', far: '10.1.0.2' };

export const TUNNEL_PORT = 4000;
export const TRAFFIC_PORT = 5001;
export const TUNNEL_DEVICE = 'tun0';

/** How long a full window may stand in the link's queue, in ms: what a home line does. */
const QUEUE_MS = 100;

/** A window below this stops between two acknowledgements, one above overruns the tunnel's own buffers. */
const MIN_WINDOW = 65_536;
const MAX_WINDOW = 262_144;

/** Holds every window there can be, so that the link loses nothing and what is measured is compression. */
const QUEUE_BYTES = 2 << 20;

export interface NetworkOptions {
  readonly rateMbps: number;
  /** Whether TCP stamps its segments (RFC 7323): twelve octets more in each header. */
  readonly timestamps: boolean;
}

/** Two hosts and a link that is shaped at both ends. */
export const tunnelNetwork = ({ rateMbps, timestamps }: NetworkOptions): NetworkDescription => {
  const wanted = Math.round((rateMbps * 1000 * QUEUE_MS) / 8);
  const window = Math.min(MAX_WINDOW, Math.max(MIN_WINDOW, wanted));
  const sysctls = {
    // Known to every kernel, and to every namespace.
    'net.ipv4.tcp_congestion_control': 'reno',
    'net.ipv4.tcp_no_metrics_save': 1,
    'net.ipv4.tcp_timestamps': timestamps ? 1 : 0,
    'net.ipv4.tcp_rmem': `4096 ${MIN_WINDOW} ${window}`,
    // What is sent last has to drain before the hashes can be compared.
    'net.ipv4.tcp_wmem': `4096 ${MIN_WINDOW} ${2 * window}`,
  };
  const end = (node: Host) => ({
    node,
    addresses: [`${OUTER[node]}/24`],
    shaping: { kind: 'tbf', rateBps: rateMbps * 1e6, limitBytes: QUEUE_BYTES } as const,
  });
  return {
    hosts: { near: { sysctls }, far: { sysctls } },
    links: [{ ends: [end('near'), end('far')], mtu: LINK_MTU }],
  };
};
