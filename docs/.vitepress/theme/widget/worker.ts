/** The worker: reads, compresses and compares beside the page, so that the page stays fluid. */
import * as E from 'fp-ts/lib/Either.js';
import { type Carried, carry } from './carry.js';
import { type Failure, notRead, sizeText } from './failure.js';
import { createLook, type Looked, sameFormat } from './look.js';
import type { Reply, Request } from './protocol.js';
import { readOctets } from './read-octets.js';
import { summarise } from './summary.js';

const post = (reply: Reply): void => globalThis.postMessage(reply);

let carried: Carried | undefined;
let look: ((n: number) => Looked | undefined) | undefined;

const fail = ({ error, remedy }: Failure): void =>
  post({ kind: 'failed', message: error.message, remedy });

/** Octets between two reports while reading. */
const REPORT_OCTETS = 1024 * 1024;

const run = async (source: ReadableStream<Uint8Array>): Promise<void> => {
  let said = 0;
  const read = await readOctets(source, (octets) => {
    if (octets - said < REPORT_OCTETS && octets > said) return;
    said = octets;
    post({ kind: 'reading', octets });
  });
  if (E.isLeft(read)) return fail(read.left);
  post({ kind: 'compressing', part: 0 });
  const done = carry(read.right.octets, (part) => post({ kind: 'compressing', part }));
  if (E.isLeft(done)) return fail(done.left);
  const brokenOff = read.right.cut
    ? `the gzipped file breaks off after ${sizeText(read.right.octets.length)} (unpacked)`
    : done.right.brokenOff;
  carried = { ...done.right, brokenOff };
  look = createLook(carried);
  post({ kind: 'done', summary: await summarise(carried) });
};

const open = async (request: Request): Promise<ReadableStream<Uint8Array> | undefined> => {
  if (request.kind === 'file') return request.file.stream();
  if (request.kind !== 'shipped') return undefined;
  const response = await fetch(request.url);
  if (!response.ok || response.body === null)
    throw new Error(`the server answered ${response.status}`);
  return response.body;
};

globalThis.addEventListener('message', ({ data }: MessageEvent<Request>) => {
  if (data.kind === 'look') {
    if (carried === undefined || look === undefined) return;
    const n = data.step === 0 ? data.n : sameFormat(carried, data.n, data.step);
    const looked = look(n);
    if (looked !== undefined) post({ kind: 'looked', looked });
    return;
  }
  open(data)
    .then((source) => (source === undefined ? undefined : run(source)))
    .catch((cause: unknown) =>
      fail(notRead(cause instanceof Error ? cause.message : String(cause))),
    );
});
