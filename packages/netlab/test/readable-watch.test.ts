/** Waiting for a descriptor, both ways: batches, pauses, and nothing left when closed. */
import { readdirSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, test } from 'vitest';
import { type Libc, loadLibc, O_CLOEXEC, O_NONBLOCK } from '../src/internal/libc.js';
import { type Readiness, watchReadable } from '../src/internal/readable-watch.js';

const load = async (): Promise<Libc> => {
  const libc = await loadLibc();
  if (E.isLeft(libc)) throw new Error(libc.left.message);
  return libc.right;
};

const openDescriptors = (): number => readdirSync('/proc/self/fd').length;

const until = async (done: () => boolean): Promise<void> => {
  // A wide watchdog is vitest's own.
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 1));
};

describe.skipIf(process.platform !== 'linux').each<Readiness>(['event-loop', 'thread'])(
  'by %s',
  (readiness) => {
    test('reads what comes, rests when paused, and gives everything back', async () => {
      const libc = await load();
      const before = openDescriptors();
      const pipe = new Int32Array(2);
      expect(libc.pipe(pipe, O_NONBLOCK | O_CLOEXEC)).toBe(0);
      const [from = -1, to = -1] = pipe;
      const buffer = new Uint8Array(64);
      const seen: string[] = [];
      const watch = watchReadable(libc, from, buffer, readiness, {
        onReadable: (length) => {
          const read = length > 0 ? length : libc.read(from, buffer, buffer.length);
          if (read > 0) seen.push(new TextDecoder().decode(buffer.subarray(0, read)));
        },
        onFailure: () => seen.push('failed'),
      });
      if (watch === undefined) throw new Error('no watch');
      expect(watch.readiness).toBe(readiness);
      const write = (text: string): void => {
        const bytes = new TextEncoder().encode(text);
        expect(libc.write(to, bytes, bytes.length)).toBe(bytes.length);
      };
      watch.resume();
      write('one');
      await until(() => seen.length === 1);
      watch.pause();
      write('two');
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(seen.join('')).toBe('one');
      watch.resume();
      await until(() => seen.join('') === 'onetwo');
      await watch.close();
      // What was watched is still its owner's: it can be read on.
      write('three');
      expect(libc.read(from, buffer, buffer.length)).toBe(5);
      libc.close(from);
      libc.close(to);
      expect(openDescriptors()).toBe(before);
      expect(seen).not.toContain('failed');
    });

    test('closed at once, also twice, holds nothing', async () => {
      const libc = await load();
      const pipe = new Int32Array(2);
      libc.pipe(pipe, O_NONBLOCK | O_CLOEXEC);
      const before = openDescriptors();
      for (let i = 0; i < 50; i++) {
        const watch = watchReadable(libc, pipe[0] ?? -1, new Uint8Array(8), readiness, {
          onReadable: () => undefined,
          onFailure: () => undefined,
        });
        if (i % 2 === 0) watch?.resume();
        await watch?.close();
        await watch?.close();
      }
      expect(openDescriptors()).toBe(before);
      for (const fd of pipe) libc.close(fd);
    });
  },
);
