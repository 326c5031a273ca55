/** The captures that the site ships, as addresses of files beside the page: fetched only when one is chosen. */
import acksIpv6 from '@liquid/rohc-example/captures/acks-ipv6.pcap.gz?url';
import acksLossSack from '@liquid/rohc-example/captures/acks-loss-sack.pcap.gz?url';
import acksNoTimestamps from '@liquid/rohc-example/captures/acks-no-timestamps.pcap.gz?url';
import acksTimestamps from '@liquid/rohc-example/captures/acks-timestamps.pcap.gz?url';
import bothDirections from '@liquid/rohc-example/captures/both-directions.pcap.gz?url';

/** One of them. */
export interface Shipped {
  readonly name: string;
  readonly title: string;
  readonly url: string;
}

/** In the order in which they are offered. */
export const shipped: readonly Shipped[] = [
  { name: 'acks-timestamps', title: 'One download, TCP timestamps', url: acksTimestamps },
  { name: 'acks-no-timestamps', title: 'One download, no timestamps', url: acksNoTimestamps },
  { name: 'acks-ipv6', title: 'One download over IPv6', url: acksIpv6 },
  { name: 'acks-loss-sack', title: 'Four downloads, losses, SACK', url: acksLossSack },
  { name: 'both-directions', title: 'Two downloads, both directions', url: bothDirections },
];
