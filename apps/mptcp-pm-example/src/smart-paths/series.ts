/** The series that `smart-paths` streams: figure 4.6, and what each path carries. */
import type { Series } from '@liquid/types/scenario';

const time = { title: 'time', unit: 's' };
const bandwidth = { title: 'estimated bandwidth', unit: 'Mbit/s' };
const rate = { title: 'rate', unit: 'Mbit/s' };

export const smartPathsSeries: ReadonlyArray<Series> = [
  {
    id: 'estimate',
    title: 'smoothed',
    plot: 'estimate',
    x: time,
    y: bandwidth,
    form: 'line',
  },
  {
    id: 'estimate-avoidance',
    title: 'smoothed, congestion avoidance only',
    plot: 'estimate',
    x: time,
    y: bandwidth,
    form: 'line',
  },
  {
    id: 'estimate-raw',
    title: 'cwnd · mss / rtt',
    plot: 'estimate',
    x: time,
    y: bandwidth,
    form: 'points',
  },
  { id: 'threshold', title: 'threshold', plot: 'estimate', x: time, y: bandwidth, form: 'line' },
  {
    id: 'rate-default',
    title: 'default interface',
    plot: 'rates',
    x: time,
    y: rate,
    form: 'line',
  },
  { id: 'rate-second', title: 'second interface', plot: 'rates', x: time, y: rate, form: 'line' },
];
