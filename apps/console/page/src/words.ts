/** Words for people who never heard of liquidity: resources, dimensions and the ends of a run. */
import type { Dimension, ResourceKind } from '@liquid/types';
import type { RunState } from '../../src/api.ts';

/** A resource as it is called when it is spent, and when it is gained. */
const RESOURCES: Readonly<
  Record<ResourceKind, { readonly spent: string; readonly gained: string }>
> = {
  bandwidth: { spent: 'bandwidth', gained: 'bandwidth' },
  airtime: { spent: 'air time', gained: 'air time' },
  latency: { spent: 'waiting', gained: 'less waiting' },
  cpu: { spent: 'processing', gained: 'processing' },
  memory: { spent: 'memory', gained: 'memory' },
  storage: { spent: 'storage', gained: 'storage' },
  iops: { spent: 'disk operations', gained: 'disk operations' },
  energy: { spent: 'energy', gained: 'energy' },
  availability: { spent: 'availability', gained: 'availability' },
  reliability: { spent: 'reliability', gained: 'reliability' },
  consistency: { spent: 'consistency', gained: 'consistency' },
  mobility: { spent: 'mobility', gained: 'mobility' },
  money: { spent: 'money', gained: 'money' },
};

export const resourceWord = (kind: ResourceKind, side: 'spent' | 'gained'): string =>
  RESOURCES[kind][side];

/** Headings of the three parts of the home page. */
export const DIMENSIONS: Readonly<Record<Dimension, string>> = {
  'cross-resource': 'Between resources',
  'cross-layer': 'Between layers',
  'cross-provider': 'Between providers',
};

/** How a run stands, in a word. */
export const STATUS: Readonly<Record<RunState['status'], string>> = {
  running: 'Running',
  stopping: 'Stopping',
  done: 'Done',
  failed: 'Failed',
  stopped: 'Stopped',
};

/** The deliverable, as it is quoted. */
export const DELIVERABLE = 'Trilogy 2 deliverable D1.3';
