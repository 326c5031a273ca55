/**
 * Records the captures that the ROHC example ships: TCP downloads of this machine's own kernel,
 * between two namespaces. `node captures/record.ts [folder]`, as root, Node ≥ 22.18.
 */

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { arch, release, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type LinkEnd, type NetworkDescription, type Shaping, useNetlab } from '@liquid/netlab';
import { renderError, type Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { tcpChecksumHolds } from './checksum.ts';

interface Recording {
  readonly name: string;
  readonly what: string;
  readonly timestamps: boolean;
  readonly family: 4 | 6;
  /** What is kept, seen from the client: `out` are its acknowledgements. */
  readonly direction: 'out' | 'both';
  readonly flows: number;
  readonly bytesPerFlow: number;
  /** How the server sends. */
  readonly shaping: Shaping;
}

/** A home line; 20 ms of queue at most, in which nothing is lost by one flow's window of 256 KiB. */
const LINE: Shaping = { kind: 'tbf', rateBps: 100e6, burstBytes: 32_768, limitBytes: 1 << 20 };

/** A queue of a few packets behind a slow line: what a sender's window overruns again and again. */
const SHORT_QUEUE: Shaping = { kind: 'tbf', rateBps: 20e6, burstBytes: 3028, limitBytes: 24_000 };

const RECORDINGS: ReadonlyArray<Recording> = [
  {
    name: 'acks-no-timestamps',
    what: 'acknowledgements of one download, TCP timestamps off',
    timestamps: false,
    family: 4,
    direction: 'out',
    flows: 1,
    bytesPerFlow: 12 << 20,
    shaping: LINE,
  },
  {
    name: 'acks-timestamps',
    what: 'acknowledgements of one download, TCP timestamps on',
    timestamps: true,
    family: 4,
    direction: 'out',
    flows: 1,
    bytesPerFlow: 12 << 20,
    shaping: LINE,
  },
  {
    name: 'acks-loss-sack',
    what: 'acknowledgements of four downloads at once through a queue of 16 packets: loss, SACK',
    timestamps: true,
    family: 4,
    direction: 'out',
    flows: 4,
    bytesPerFlow: 2 << 20,
    shaping: SHORT_QUEUE,
  },
  {
    name: 'acks-ipv6',
    what: 'acknowledgements of one download over IPv6, TCP timestamps on',
    timestamps: true,
    family: 6,
    direction: 'out',
    flows: 1,
    bytesPerFlow: 4 << 20,
    shaping: LINE,
  },
  {
    name: 'both-directions',
    what: 'both directions of two downloads, from SYN to FIN, with loss and SACK',
    timestamps: true,
    family: 4,
    direction: 'both',
    flows: 2,
    bytesPerFlow: 400 << 10,
    shaping: SHORT_QUEUE,
  },
];

const PORT = 5001;
const ADDRESSES = {
  4: { client: '192.0.2.1/24', server: '192.0.2.2/24', reach: '192.0.2.2' },
  6: { client: '2001:db8::1/64', server: '2001:db8::2/64', reach: '2001:db8::2' },
} as const;

const describe = ({ timestamps, family, shaping }: Recording): NetworkDescription => {
  const sysctls = {
    'net.ipv4.tcp_timestamps': timestamps ? 1 : 0,
    'net.ipv4.tcp_sack': 1,
    // Known to every kernel, and its window runs into the queue's end again and again.
    'net.ipv4.tcp_congestion_control': 'reno',
    'net.ipv4.tcp_no_metrics_save': 1,
    'net.ipv4.tcp_rmem': '4096 131072 262144',
  };
  const addresses = ADDRESSES[family];
  const client: LinkEnd = {
    node: 'client',
    addresses: [addresses.client],
    mac: '02:00:00:00:00:01',
  };
  const server: LinkEnd = {
    node: 'server',
    addresses: [addresses.server],
    mac: '02:00:00:00:00:02',
    shaping,
  };
  return {
    hosts: { client: { sysctls }, server: { sysctls } },
    links: [{ ends: [client, server] }],
  };
};

interface Taken {
  readonly packets: number;
  readonly gzipBytes: number;
}

const failure = (message: string): Tagged => ({ _tag: 'Io', message });

const record = async (recording: Recording, folder: string): Promise<E.Either<Tagged, Taken>> => {
  const transfer = fileURLToPath(new URL('./transfer.ts', import.meta.url));
  const pcap = join(tmpdir(), `${recording.name}-${process.pid}.pcap`);
  let wrong = 0;
  const taken = await useNetlab(describe(recording), {}, (lab) => async () => {
    const { flows, bytesPerFlow, direction, family } = recording;
    const args = ['serve', String(PORT), String(bytesPerFlow)];
    const server = await lab.spawnNode('server', transfer, { args })();
    if (E.isLeft(server)) return server;
    for await (const event of server.right.events) if (event._tag === 'Line') break;
    const capture = await lab.openCapture('client', {
      device: 'eth0',
      file: pcap,
      direction,
      filter: ({ bytes }) => {
        const holds = tcpChecksumHolds(bytes);
        if (holds === false) wrong++;
        return holds !== undefined;
      },
    })();
    if (E.isLeft(capture)) return capture;
    const argv = [process.execPath, transfer, 'fetch', ADDRESSES[family].reach] as const;
    const fetched = await lab.exec('client', [...argv, String(PORT), String(flows)])();
    const stopped = await capture.right.stop();
    if (E.isLeft(fetched)) return fetched;
    if (E.isLeft(stopped)) return stopped;
    const received = Number(fetched.right.stdout);
    return received === flows * bytesPerFlow
      ? E.right(capture.right.stats())
      : E.left(failure(`received ${received} bytes: ${fetched.right.stderr}`));
  })();
  if (E.isLeft(taken)) return taken;
  const { packets, dropped } = taken.right;
  if (wrong > 0 || dropped > 0) {
    return E.left(failure(`${wrong} wrong checksums, ${dropped} packets dropped`));
  }
  const gzip = gzipSync(readFileSync(pcap), { level: 9 });
  rmSync(pcap);
  const path = join(folder, `${recording.name}.pcap.gz`);
  writeFileSync(`${path}.new`, gzip);
  renameSync(`${path}.new`, path);
  return E.right({ packets, gzipBytes: gzip.length });
};

const DEFAULT_FOLDER = fileURLToPath(
  new URL('../../../apps/rohc-example/captures', import.meta.url),
);
const folder = resolve(process.argv[2] ?? DEFAULT_FOLDER);
console.log(`Linux ${release()} ${arch()}`);
for (const recording of RECORDINGS) {
  const taken = await record(recording, folder);
  if (E.isLeft(taken)) {
    console.error(`${recording.name}: ${renderError(taken.left)}`);
    process.exitCode = 1;
    break;
  }
  const { packets, gzipBytes } = taken.right;
  console.log(
    `${recording.name}: ${recording.what}: ${packets} packets, ${gzipBytes} bytes gzipped`,
  );
}
