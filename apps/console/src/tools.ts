/** The tools of the deliverable as trades, also those that are not built: the map that `list` shows. */

import type { Dimension, Trade } from '@liquid/types';

/** One tool, and how far it is. */
export interface Tool {
  /** Package name. */
  readonly name: string;
  /** The deliverable's section. */
  readonly section: string;
  /** One line: what it does. */
  readonly idea: string;
  readonly trade: Trade;
  /** What exists today, in honest words. */
  readonly status: string;
}

const tool = (
  name: string,
  section: string,
  dimension: Dimension,
  spends: Trade['spends'],
  gains: Trade['gains'],
  idea: string,
  status = 'not built yet',
): Tool => ({
  name: `@liquid/${name}`,
  section,
  idea,
  trade: { dimension, spends, gains },
  status,
});

/** All tools in the deliverable's order. */
export const tools: ReadonlyArray<Tool> = [
  tool(
    'vm3',
    '2.1',
    'cross-resource',
    ['bandwidth'],
    ['cpu', 'storage', 'latency'],
    'moves a running virtual machine to where its user is',
  ),
  tool(
    'block-storage',
    '2.2',
    'cross-resource',
    ['storage', 'bandwidth'],
    ['availability'],
    'federates disks, so that a disk survives its hosts',
  ),
  tool(
    'irmin-merge',
    '2.3',
    'cross-resource',
    ['storage', 'cpu'],
    ['availability', 'latency'],
    'lets replicas work apart and merges them later',
  ),
  tool(
    'trevi',
    '2.4',
    'cross-resource',
    ['bandwidth', 'cpu'],
    ['reliability', 'latency'],
    'carries storage over fountain codes: loss costs symbols, never a timeout',
  ),
  tool(
    'vnf-pool',
    '2.5',
    'cross-resource',
    ['cpu', 'memory'],
    ['availability'],
    'keeps a pool of virtual routers behind each customer’s one',
  ),
  tool(
    'hack',
    '3.1',
    'cross-layer',
    ['cpu', 'memory'],
    ['airtime', 'bandwidth'],
    'puts compressed TCP acknowledgements into link-layer acknowledgements',
    'not built yet; its codec @liquid/rohc is',
  ),
  tool(
    'multiwifi',
    '3.2',
    'cross-layer',
    ['airtime', 'energy'],
    ['bandwidth', 'mobility'],
    'uses every access point in reach at once, through Multipath TCP',
  ),
  tool(
    'shushi',
    '3.3',
    'cross-layer',
    ['memory'],
    ['latency', 'cpu'],
    'joins virtual machines on one host through shared memory instead of packets',
  ),
  tool(
    'grin',
    '3.4',
    'cross-layer',
    ['bandwidth'],
    ['bandwidth', 'latency'],
    'wires idle ports of neighbouring servers together',
  ),
  tool(
    'market',
    '4.1',
    'cross-provider',
    ['money'],
    ['cpu', 'memory', 'storage', 'bandwidth'],
    'lets providers sell and buy each other’s capacity',
  ),
  tool(
    'mptcp-pm',
    '4.2',
    'cross-provider',
    ['energy', 'money'],
    ['bandwidth', 'latency', 'reliability'],
    'decides which paths of which provider a connection uses',
  ),
];
