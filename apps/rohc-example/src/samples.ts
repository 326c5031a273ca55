/** The captures that this app ships: recordings of a real kernel, see `captures/README.md`. */

/** Names for people, by file name without its endings. */
export const samples = {
  'acks-no-timestamps': 'one download, no TCP timestamps',
  'acks-timestamps': 'one download, TCP timestamps',
  'acks-loss-sack': 'four downloads with losses and SACK',
  'acks-ipv6': 'one download over IPv6, TCP timestamps',
  'both-directions': 'two downloads, data and acknowledgements',
} as const;

/** A shipped capture. */
export type SampleName = keyof typeof samples;

/** Where the sample's file is. */
export const sampleUrl = (name: SampleName): URL =>
  new URL(`../captures/${name}.pcap.gz`, import.meta.url);
