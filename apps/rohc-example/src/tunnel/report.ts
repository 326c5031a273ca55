/** Turns what a tunnel counted into the report of `rohc-tunnel`, beside the deliverable's figures. */
import type { Comparison, Figure, Report, Table } from '@liquid/types/scenario';
import { SOURCE, sizeComparisons } from '../published-sizes.js';
import { type Direction, type Host, HOSTS, OTHER, SENDER } from './network.js';
import type { Compression } from './options.js';
import { headersOf, type Period, savedBytes } from './sampler.js';
import type { Snapshot } from './session.js';

/** What a run came to. */
export interface Outcome {
  readonly directions: ReadonlyArray<Direction>;
  readonly rateMbps: number;
  readonly timestamps: boolean;
  /** Whether datagrams were thrown away at any time. */
  readonly lossy: boolean;
  readonly switches: number;
  readonly last: Snapshot;
  readonly period: (compression: Compression) => Period;
}

/** A period shorter than this says more of chance than of goodput. */
const MIN_SECONDS = 0.5;

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

const NAMES: Readonly<Record<Direction, string>> = {
  'far-to-near': 'far to near',
  'near-to-far': 'near to far',
};

const WITH: Readonly<Record<Compression, string>> = { rohc: 'with ROHC', none: 'without' };

/** Mbit/s of a period, or null where it was too short. */
const goodputOf = (period: Period, direction: Direction): number | null =>
  period.seconds < MIN_SECONDS
    ? null
    : (period.receivedBytes[direction] * 8) / period.seconds / 1e6;

const figure = (id: string, title: string, value: number, unit: string): Figure => ({
  id,
  title,
  value,
  unit,
  varies: true,
});

const goodputFigures = ({ directions, period }: Outcome): ReadonlyArray<Figure> =>
  directions.flatMap((direction) => {
    const [ours, plain] = [
      goodputOf(period('rohc'), direction),
      goodputOf(period('none'), direction),
    ];
    const found: Figure[] = [];
    const add = (compression: Compression, value: number | null): void => {
      if (value === null) return;
      const title = `goodput ${NAMES[direction]}, ${WITH[compression]}`;
      found.push(figure(`goodput-${direction}-${compression}`, title, round(value, 3), 'Mbit/s'));
    };
    add('rohc', ours);
    add('none', plain);
    if (ours !== null && plain !== null && plain > 0) {
      const title = `goodput gained ${NAMES[direction]}`;
      found.push(figure(`gain-${direction}`, title, round(100 * (ours / plain - 1), 2), '%'));
    }
    return found;
  });

/** Share of the octets that is gone, in percent. */
const gone = (before: number, after: number): number =>
  before === 0 ? 0 : 100 * (1 - after / before);

/** Headers of one kind that were compressed: packets that went as they are left out. */
const compressed = (last: Snapshot, kind: 'acknowledgements' | 'data') => {
  const counts = headersOf(last, kind);
  return {
    packets: counts.packets - counts.plainPackets,
    before: counts.headerBytesIn - counts.plainHeaderBytes,
    after: counts.headerBytesOut - counts.plainHeaderBytes,
  };
};

/** Octets of feedback that the ACK direction of a one-way transfer carried; null where data go both ways. */
const feedbackForData = ({ last, directions }: Outcome): number | null => {
  const [direction, second] = directions;
  return direction === undefined || second !== undefined
    ? null
    : last.tunnel[OTHER[SENDER[direction]]].feedbackBytes;
};

const headerFigures = (outcome: Outcome): ReadonlyArray<Figure> => {
  const kinds = [
    ['acknowledgements', 'acknowledgements'],
    ['data', 'data packets'],
  ] as const;
  const sizes = kinds.flatMap(([kind, title]) => {
    const { packets, before, after } = compressed(outcome.last, kind);
    if (packets === 0) return [];
    const share = gone(before, after);
    return [
      figure(
        `${kind}-before`,
        `headers of ${title}, original`,
        round(before / packets, 3),
        'B/packet',
      ),
      figure(
        `${kind}-after`,
        `headers of ${title}, compressed`,
        round(after / packets, 3),
        'B/packet',
      ),
      figure(`${kind}-gone`, `header octets of ${title} gone`, round(share, 2), '%'),
    ];
  });
  const { packets, before, after } = compressed(outcome.last, 'acknowledgements');
  const feedback = feedbackForData(outcome);
  if (feedback === null || packets === 0) return sizes;
  const title = 'header octets of acknowledgements gone, feedback for the data counted in';
  const share = round(gone(before, after + feedback), 2);
  return [...sizes, figure('acknowledgements-gone-with-feedback', title, share, '%')];
};

const costFigures = ({ period }: Outcome): ReadonlyArray<Figure> =>
  (['rohc', 'none'] as const).flatMap((compression) => {
    const { seconds, cpuSeconds, datagrams } = period(compression);
    if (seconds < MIN_SECONDS || datagrams === 0) return [];
    const title = `CPU time a datagram and end, ${WITH[compression]}`;
    return [figure(`cpu-${compression}`, title, round((1e6 * cpuSeconds) / datagrams, 2), 'µs')];
  });

const sum = (values: ReadonlyArray<number>): number => values.reduce((a, b) => a + b, 0);

const failuresOf = (counts: Readonly<Record<string, number>>): number => sum(Object.values(counts));

const formatTable = ({ tunnel }: Snapshot): Table => {
  const names = new Set(HOSTS.flatMap((host) => Object.keys(tunnel[host].compressor.formats)));
  const count = (host: Host, name: string): number => tunnel[host].compressor.formats[name] ?? 0;
  return {
    id: 'formats',
    title: 'Compressed packets by format',
    columns: [{ title: 'format' }, { title: 'sent by near' }, { title: 'sent by far' }],
    rows: [...names]
      .map((name) => [name, count('near', name), count('far', name)] as const)
      .sort(([, a, b], [, c, d]) => c + d - a - b),
    varies: true,
  };
};

const endTable = ({ tunnel }: Snapshot): Table => {
  const row = (
    title: string,
    of: (end: Snapshot['tunnel'][Host], peer: Snapshot['tunnel'][Host]) => number,
  ): ReadonlyArray<string | number> => [
    title,
    of(tunnel.near, tunnel.far),
    of(tunnel.far, tunnel.near),
  ];
  return {
    id: 'ends',
    title: 'What each end of the tunnel counted',
    columns: [{ title: 'count' }, { title: 'near' }, { title: 'far' }],
    rows: [
      row('datagrams sent', ({ udp }) => udp.datagramsSent),
      row('datagrams received', ({ udp }) => udp.datagramsReceived),
      row('thrown away on arrival, as asked', ({ udp }) => udp.discarded),
      row('never came', ({ udp }) => udp.missing - udp.discarded),
      row('came late', ({ udp }) => udp.late),
      row('packets dropped for want of room', ({ udp }) => udp.congested),
      row('packets compressed', ({ compressor }) => compressor.packets),
      row('packets rebuilt', ({ decompressor }) => decompressor.delivered),
      row('packets not rebuilt', ({ decompressor }) => failuresOf(decompressor.failures)),
      row('feedback elements sent', ({ decompressor }) => decompressor.feedback.produced),
      row('feedback octets sent', ({ feedbackBytes }) => feedbackBytes),
      row('feedback elements applied', ({ compressor }) => compressor.feedback.applied),
    ],
    varies: true,
  };
};

const transferTable = ({ last, directions }: Outcome): Table => ({
  id: 'transfers',
  title: 'Transfers, hashed at both ends',
  columns: [
    { title: 'direction' },
    { title: 'octets', unit: 'B' },
    { title: 'SHA-256 of what was sent, and of what arrived' },
  ],
  rows: directions.map((direction) => {
    const sent = last.traffic[SENDER[direction]];
    return [NAMES[direction], sent.sentBytes, sent.sentSha256];
  }),
  varies: true,
});

const comparisons = (outcome: Outcome): ReadonlyArray<Comparison> => {
  const { last, timestamps, lossy } = outcome;
  const counts = HOSTS.flatMap((host) => last.tunnel[host].headers.acknowledgementSizes);
  const merged = new Map<number, number>();
  for (const [size, count] of counts) merged.set(size, (merged.get(size) ?? 0) + count);
  // The deliverable gives its sizes for plain acknowledgements: no option in them, none lost.
  const sizes = sizeComparisons(
    merged,
    'pure acknowledgements in CO formats, as they left',
    !timestamps && !lossy,
  );
  const acknowledgements = compressed(last, 'acknowledgements');
  return [
    ...sizes.map((comparison) => ({ ...comparison, varies: true })),
    {
      id: 'acknowledgements-gone',
      title: 'Share of header octets gone on the ACK direction',
      unit: '%',
      published: {
        value: null,
        text: 'no share is given; 4 or 3 octets of a header of 40 are 90 % or 92.5 % gone',
        source: SOURCE,
      },
      ours:
        acknowledgements.packets === 0
          ? null
          : round(gone(acknowledgements.before, acknowledgements.after), 2),
      measured:
        'all compressed pure acknowledgements with their CID and TCP checksum, in every format, without the feedback for the data',
      better: 'higher',
      reached: null,
      varies: true,
    },
  ];
};

const notes = ({ period, timestamps, lossy, switches, rateMbps }: Outcome): string[] => [
  `The link carries ${rateMbps} Mbit/s each way, counted on Ethernet frames; each packet in the tunnel takes 31 octets more for IPv4, UDP and the frame, compressed or not.`,
  ...(switches > 0
    ? [
        `Compression was switched ${switches} times; contexts were kept, and nothing was sent twice for it.`,
      ]
    : []),
  ...(period('none').seconds < MIN_SECONDS || period('rohc').seconds < MIN_SECONDS
    ? ['Switch compression while it runs to see goodput both ways.']
    : []),
  ...(timestamps
    ? ['With TCP timestamps the sizes are not those that the deliverable gives: see rohc-capture.']
    : []),
  ...(lossy
    ? [
        'Datagrams were thrown away on arrival: goodput then shows how TCP recovers, and acknowledgements carry SACK blocks.',
      ]
    : []),
  'CPU time is of the tunnel’s two programs: TUN, UDP and their statistics among it.',
];

/** The report of a run whose hashes agree. */
export const tunnelReport = (outcome: Outcome): Report => {
  const { last, directions } = outcome;
  const { packets, before, after } = compressed(last, 'acknowledgements');
  const carried = sum(directions.map((d) => last.traffic[SENDER[d]].sentBytes));
  const shrunk =
    packets === 0
      ? 'Nothing was compressed.'
      : `Headers of acknowledgements shrank from ${(before / packets).toFixed(1)} to ${(after / packets).toFixed(2)} octets, ${gone(before, after).toFixed(1)} % less.`;
  const goodputs = directions.map((direction) => {
    const seen = (['rohc', 'none'] as const).flatMap((compression) => {
      const value = goodputOf(outcome.period(compression), direction);
      return value === null ? [] : [`${value.toFixed(2)} Mbit/s ${WITH[compression]}`];
    });
    return `${NAMES[direction]} ${seen.length === 0 ? 'too short to tell' : seen.join(', ')}`;
  });
  return {
    summary: `Kernel TCP carried ${(carried / 1e6).toFixed(1)} MB through the tunnel, hashes of both ends equal: ${goodputs.join('; ')}. ${shrunk}`,
    figures: [
      ...goodputFigures(outcome),
      ...headerFigures(outcome),
      figure('saved', 'header octets saved on the link', round(savedBytes(last) / 1000, 1), 'kB'),
      ...costFigures(outcome),
      figure('carried', 'octets carried', carried, 'B'),
      figure('switches', 'switches of compression', outcome.switches, ''),
      figure(
        'missing',
        'datagrams that never came',
        sum(HOSTS.map((host) => last.tunnel[host].udp.missing - last.tunnel[host].udp.discarded)),
        '',
      ),
    ],
    tables: [formatTable(last), endTable(last), transferTable(outcome)],
    comparisons: comparisons(outcome),
    notes: notes(outcome),
  };
};
