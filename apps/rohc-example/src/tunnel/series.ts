/** The series that `rohc-tunnel` streams: goodput, headers before and after, octets saved. */
import type { Series } from '@liquid/types/scenario';

const time = { title: 'time', unit: 's' };

const line = (
  id: string,
  title: string,
  plot: string,
  y: { readonly title: string; readonly unit: string },
): Series => ({ id, title, plot, x: time, y, form: 'line' });

const goodput = { title: 'goodput', unit: 'Mbit/s' };
const size = { title: 'header size', unit: 'B/packet' };

export const tunnelSeries: ReadonlyArray<Series> = [
  line('goodput-far-to-near', 'far to near', 'goodput', goodput),
  line('goodput-near-to-far', 'near to far', 'goodput', goodput),
  line('acknowledgements-before', 'acknowledgements, original', 'acknowledgements', size),
  line('acknowledgements-after', 'acknowledgements, sent', 'acknowledgements', size),
  line('data-before', 'data, original', 'data', size),
  line('data-after', 'data, sent', 'data', size),
  line('saved', 'octets saved on the link', 'saved', { title: 'octets saved', unit: 'kB' }),
];
