/**
 * The two ends of TCP transfers in slices of time: `slices.ts source <port>` sends what is asked for;
 * `slices.ts sink '<plan as JSON>'` asks several sources in turn, so that what else the machine does meets all alike,
 * and tells what arrived and how fast. Both tell a hash of the octets.
 */

import { createHash } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { createRng, decodeJson, renderError } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { type Received, type Sent, SlicePlan } from './slice-plan.ts';

/** Data come in frames of this length, whose first octet says whether another follows in the slice. */
const FRAME = 65_536;
const LAST = 0;
const MORE = 1;

const say = (message: Sent | Received | { readonly ready: true }): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`);
};

/** Noise: what no layer can make shorter. */
const frames = Array.from({ length: 16 }, (_, seed) => {
  const frame = Buffer.from(createRng(seed).fill(new Uint8Array(FRAME)));
  frame[0] = MORE;
  return frame;
});
const lastFrame = Buffer.from(createRng(frames.length).fill(new Uint8Array(FRAME)));
lastFrame[0] = LAST;

const source = (port: number): void => {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const hash = createHash('sha256');
    let bytes = 0;
    let until = 0;
    let turn = 0;
    const write = (frame: Buffer): boolean => {
      hash.update(frame);
      bytes += frame.length;
      return socket.write(frame);
    };
    const send = (): void => {
      while (until > 0) {
        if (performance.now() >= until) {
          until = 0;
          write(lastFrame);
          return;
        }
        // the index stays below the number of frames
        if (!write(frames[turn++ % frames.length] as Buffer)) return;
      }
    };
    socket.on('drain', send);
    socket.on('error', () => undefined);
    // One request, its milliseconds in ASCII, one slice.
    socket.on('data', (request) => {
      until = performance.now() + Number(request.toString());
      send();
    });
    socket.on('end', () => {
      socket.end();
      say({ port, bytes, sha256: hash.digest('hex') });
    });
  });
  server.listen(port, '::', () => say({ ready: true }));
};

interface Sink {
  readonly slice: (milliseconds: number) => Promise<void>;
  readonly end: () => Promise<Received>;
}

const openSink = async (name: string, address: string, port: number): Promise<Sink> => {
  const hash = createHash('sha256');
  const goodputBps: number[] = [];
  let bytes = 0;
  let ended: (() => void) | undefined;
  const socket = await new Promise<Socket>((resolve, reject) => {
    const opening = connect({ host: address, port, noDelay: true }, () => resolve(opening));
    opening.once('error', reject);
  });
  let last = false;
  socket.on('data', (piece) => {
    hash.update(piece);
    const from = bytes;
    bytes += piece.length;
    for (let at = Math.ceil(from / FRAME) * FRAME; at < bytes; at += FRAME) {
      last = piece[at - from] === LAST;
    }
    if (last && bytes % FRAME === 0) ended?.();
  });
  return {
    slice: async (milliseconds) => {
      const before = bytes;
      const start = performance.now();
      last = false;
      const done = new Promise<void>((resolve) => {
        ended = resolve;
      });
      socket.write(String(milliseconds));
      await done;
      goodputBps.push(((bytes - before) * 8000) / (performance.now() - start));
    },
    end: async () => {
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      socket.end();
      await closed;
      return { name, port, bytes, sha256: hash.digest('hex'), goodputBps };
    },
  };
};

const sink = async ({ sources, slices, sliceMs, warmUpMs }: SlicePlan): Promise<void> => {
  const sinks: Sink[] = [];
  for (const { name, address, port } of sources) sinks.push(await openSink(name, address, port));
  for (const one of sinks) await one.slice(warmUpMs);
  for (let slice = 0; slice < slices; slice++) {
    const order = slice % 2 === 0 ? sinks : [...sinks].reverse();
    for (const one of order) await one.slice(sliceMs);
  }
  for (const one of sinks) say(await one.end());
};

const [mode, argument = ''] = process.argv.slice(2);
if (mode === 'source') source(Number(argument));
else {
  const plan = decodeJson(SlicePlan, { what: 'plan' })(argument);
  if (E.isRight(plan)) await sink(plan.right);
  else {
    process.stderr.write(`${renderError(plan.left)}\n`);
    process.exitCode = 1;
  }
}
