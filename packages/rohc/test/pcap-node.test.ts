/** Files, pipes and gzip: what Node adds around the reader and the writer. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import * as E from 'fp-ts/lib/Either.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CaptureRecord } from '../src/pcap/index.js';
import { createCaptureWriter, WRITE_NO_ROOM, WRITE_TOO_LONG } from '../src/pcap/index.js';
import {
  type CaptureSource,
  openCaptureFile,
  type ReadCaptureError,
  type ReadCaptureOptions,
  readCapture,
  visitCapture,
} from '../src/pcap/node.js';
import { concat, left, random, right } from './pcap-support.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lq-pcap-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const COUNT = 20_000;
const ETHERNET = { interfaces: [{ linkType: 1 }] };

/** A capture of 2 MB, many chunks long. */
const capture = ((): Uint8Array => {
  const writer = right(createCaptureWriter(ETHERNET));
  const below = random(11);
  const parts = [writer.header()];
  for (let i = 0; i < COUNT; i += 1) {
    const data = Uint8Array.from({ length: 40 + (i % 90) }, () => below(256));
    parts.push(right(writer.record({ data, timestampNs: BigInt(i) * 1_000_000n })));
  }
  return concat(parts);
})();

interface Read {
  readonly records: readonly CaptureRecord[];
  readonly errors: readonly ReadCaptureError[];
}

const collect = async (source: CaptureSource, options: ReadCaptureOptions = {}): Promise<Read> => {
  const records: CaptureRecord[] = [];
  const errors: ReadCaptureError[] = [];
  for await (const event of readCapture(source, options)) {
    if (E.isLeft(event)) errors.push(event.left);
    else if (event.right._tag === 'Record') records.push(event.right.record);
  }
  return { records, errors };
};

/** How many descriptors of this process are open on files in the test's folder. */
const openDescriptors = (): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
    } catch {
      // The descriptor of this very listing has gone again.
      return false;
    }
  }).length;

const isRoot = process.getuid?.() === 0;

describe('readCapture', () => {
  it('reads files by path and URL, and streams', async () => {
    const path = join(folder, 'a.pcap');
    writeFileSync(path, capture);
    const first = await collect(path);
    expect(first.errors).toEqual([]);
    expect(first.records).toHaveLength(COUNT);
    // Copies: the first is intact although the buffer was filled many times since.
    expect(first.records[0]?.data).toEqual(capture.slice(24 + 16, 24 + 16 + 40));
    expect(await collect(pathToFileURL(path))).toEqual(first);
    expect(await collect(Readable.from([capture]))).toEqual(first);
  });

  it('recognises gzip, whatever the chunks', async () => {
    const zipped = gzipSync(capture);
    const path = join(folder, 'a.pcap.gz');
    writeFileSync(path, zipped);
    const plain = await collect(Readable.from([capture]));
    expect(await collect(path)).toEqual(plain);
    const chunks = function* (): Generator<Uint8Array> {
      for (let at = 0; at < zipped.length; at += 1 + (at % 5000)) {
        yield zipped.subarray(at, at + 1 + (at % 5000));
      }
    };
    expect(await collect(Readable.from(chunks()))).toEqual(plain);
    // Two members in a row are one stream.
    const half = capture.length >>> 1;
    const members = [gzipSync(capture.subarray(0, half)), gzipSync(capture.subarray(half))];
    expect(await collect(Readable.from(members))).toEqual(plain);
  });

  it('a gzip stream that is cut gives what was whole, then Truncated', async () => {
    const zipped = gzipSync(capture);
    const { records, errors } = await collect(
      Readable.from([zipped.subarray(0, zipped.length >>> 1)]),
    );
    expect(errors.map((error) => error._tag)).toEqual(['Truncated']);
    expect(records.length).toBeGreaterThan(COUNT * 0.45);
    expect(records.length).toBeLessThan(COUNT * 0.55);
  });

  it('a gzip stream whose checksum is wrong gives all but its end, then Corrupt', async () => {
    const zipped = Uint8Array.from(gzipSync(capture));
    zipped[zipped.length - 8] = (zipped[zipped.length - 8] ?? 0) ^ 1;
    const { records, errors } = await collect(Readable.from([zipped]));
    expect(errors.map((error) => error._tag)).toEqual(['Corrupt']);
    // zlib keeps back what it decompressed in the call that failed: 16 KiB at most.
    expect(records.length).toBeGreaterThan(COUNT - 16_384 / 56);
  });

  it('a gzip stream that is damaged in the middle gives what was whole, then one error', async () => {
    const below = random(5);
    const zipped = gzipSync(capture);
    for (let round = 0; round < 20; round += 1) {
      const damaged = Uint8Array.from(zipped);
      const at = (damaged.length >>> 2) + below(damaged.length >>> 1);
      damaged.fill(below(256), at, at + 1 + below(3000));
      const { records, errors } = await collect(Readable.from([damaged]));
      expect(errors).toHaveLength(1);
      expect(records.length).toBeGreaterThan(COUNT * 0.2);
    }
  });

  it('a capture that is cut gives all whole records, then Truncated', async () => {
    const path = join(folder, 'cut.pcap');
    writeFileSync(path, capture.subarray(0, capture.length - 1));
    const { records, errors } = await collect(path);
    expect(records).toHaveLength(COUNT - 1);
    expect(errors.map((error) => error._tag)).toEqual(['Truncated']);
  });

  it.each([
    ['a missing file', () => join(folder, 'none.pcap'), 'NotFound'],
    ['an empty file', () => writtenFile('empty', new Uint8Array(0)), 'Truncated'],
    ['a text', () => writtenFile('text', new TextEncoder().encode('hello, world')), 'Decode'],
    ['one octet of gzip', () => writtenFile('one', Uint8Array.of(0x1f)), 'Truncated'],
    ['gzip of a text', () => writtenFile('gz', gzipSync('hello, world')), 'Decode'],
  ])('%s', async (_, path, tag) => {
    const { records, errors } = await collect(path());
    expect(records).toEqual([]);
    expect(errors.map((error) => error._tag)).toEqual([tag]);
    expect(errors[0]?.message).not.toContain('\n');
  });

  const writtenFile = (name: string, bytes: Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };

  it('a directory, and a source that fails', async () => {
    const directory = await collect(folder);
    expect(directory.errors).toHaveLength(1);
    expect(directory.errors[0]?.message).toContain('EISDIR');
    const failing = Readable.from(
      (async function* (): AsyncGenerator<Uint8Array> {
        yield capture.subarray(0, 1000);
        throw Object.assign(new Error('gone'), { code: 'ECONNRESET' });
      })(),
    );
    const { records, errors } = await collect(failing);
    expect(records.length).toBeGreaterThan(5);
    expect(errors.map((error) => error._tag)).toEqual(['Closed']);
  });

  it('invalid options are a value', async () => {
    const { errors } = await collect(Readable.from([capture]), { maxRecordBytes: -1 });
    expect(errors.map((error) => error._tag)).toEqual(['Decode']);
  });

  it.skipIf(process.platform !== 'linux')('leaving the loop closes the file', async () => {
    const path = join(folder, 'a.pcap');
    writeFileSync(path, capture);
    for await (const event of readCapture(path)) {
      expect(openDescriptors()).toBe(1);
      if (right(event)._tag === 'Record') break;
    }
    expect(openDescriptors()).toBe(0);
    const source = new PassThrough();
    source.write(capture.subarray(0, 10_000));
    for await (const _ of readCapture(source)) break;
    expect(source.destroyed).toBe(true);
  });

  it('an abort ends a source that stalls', async () => {
    const source = new PassThrough();
    source.write(capture.subarray(0, 10_000));
    const stop = new AbortController();
    let records = 0;
    const errors: ReadCaptureError[] = [];
    for await (const event of readCapture(source, { signal: stop.signal })) {
      if (E.isLeft(event)) errors.push(event.left);
      else if (event.right._tag === 'Record') {
        records += 1;
        if (records === 50) setTimeout(() => stop.abort(), 5);
      }
    }
    expect(records).toBeGreaterThan(50);
    expect(errors.map((error) => error._tag)).toEqual(['Aborted']);
    expect(source.destroyed).toBe(true);
  });

  it('an abort tells a source that stalls to return', async () => {
    let returned = 0;
    const stalling: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => undefined),
        return: async () => {
          returned += 1;
          return { done: true, value: undefined };
        },
      }),
    };
    const { errors } = await collect(stalling, { signal: AbortSignal.timeout(5) });
    expect(errors.map((error) => error._tag)).toEqual(['Aborted']);
    expect(returned).toBe(1);
  });

  it('a signal that was aborted before reads nothing', async () => {
    const path = join(folder, 'a.pcap');
    writeFileSync(path, capture);
    const { records, errors } = await collect(path, { signal: AbortSignal.abort() });
    expect(records).toEqual([]);
    expect(errors.map((error) => error._tag)).toEqual(['Aborted']);
  });
});

describe('visitCapture', () => {
  it('visits what readCapture yields, also with a visitor that waits', async () => {
    const path = join(folder, 'a.pcap');
    writeFileSync(path, capture);
    const steps: Record<string, number> = { section: 0, interface: 0, record: 0 };
    let octets = 0;
    const done = await visitCapture(path, async (step, reader) => {
      const before = reader.record.length;
      if (steps[step] !== undefined && steps[step] % 1000 === 0) await Promise.resolve();
      expect(reader.record.length).toBe(before);
      steps[step] = (steps[step] ?? 0) + 1;
      if (step === 'record') octets += reader.record.length;
    })();
    expect(steps).toEqual({ section: 1, interface: 1, record: COUNT });
    expect(right(done)).toEqual({
      bytes: capture.length,
      sections: 1,
      records: COUNT,
      recordBytes: octets,
      skippedBlocks: 0,
    });
  });

  it('what the visitor throws is a value, and the file is closed', async () => {
    const path = join(folder, 'a.pcap');
    writeFileSync(path, capture);
    const done = await visitCapture(path, () => {
      throw new Error('no');
    })();
    expect(left(done)._tag).toBe('Io');
    if (process.platform === 'linux') expect(openDescriptors()).toBe(0);
  });

  it('an abort between two visits', async () => {
    const stop = new AbortController();
    let visits = 0;
    const done = await visitCapture(
      Readable.from([capture]),
      async () => {
        visits += 1;
        if (visits === 10) stop.abort();
      },
      { signal: stop.signal },
    )();
    expect([left(done)._tag, visits]).toEqual(['Aborted', 10]);
  });

  it('whole records are visited before an error', async () => {
    let records = 0;
    const done = await visitCapture(
      Readable.from([capture.subarray(0, capture.length - 1)]),
      (step) => {
        if (step === 'record') records += 1;
      },
    )();
    expect([left(done)._tag, records]).toEqual(['Truncated', COUNT - 1]);
  });
});

describe('openCaptureFile', () => {
  const frame = {
    interfaceId: 0,
    hasTimestamp: true,
    seconds: 1,
    nanoseconds: 2000,
    originalLength: 60,
    bytes: new Uint8Array(60).fill(3),
    start: 0,
    length: 60,
  };

  it('writes beside the target and renames', async () => {
    const path = join(folder, 'out.pcap');
    writeFileSync(path, 'the old one');
    const file = right(await openCaptureFile(path, ETHERNET)());
    for (let i = 0; i < COUNT; i += 1) {
      expect(file.writeFrame(frame)).toBe(76);
      if (file.full) right(await file.flush());
    }
    expect(readFileSync(path, 'utf8')).toBe('the old one');
    expect(readdirSync(folder)).toHaveLength(2);
    const bytes = 24 + COUNT * 76;
    expect(right(await file.close())).toEqual({ records: COUNT, bytes });
    expect(right(await file.close())).toEqual({ records: COUNT, bytes });
    expect(readdirSync(folder)).toEqual(['out.pcap']);
    const { records, errors } = await collect(path);
    expect([records.length, errors.length]).toEqual([COUNT, 0]);
    expect(left(file.write({ data: frame.bytes, timestampNs: 0n }))._tag).toBe('Closed');
    expect(file.writeFrame(frame)).toBe(WRITE_NO_ROOM);
  });

  it('leaves nothing when it is given up', async () => {
    const path = join(folder, 'out.pcap');
    {
      await using file = right(await openCaptureFile(path, ETHERNET)());
      right(file.write({ data: frame.bytes, timestampNs: 0n }));
      right(await file.flush());
    }
    expect(readdirSync(folder)).toEqual([]);
    const file = right(await openCaptureFile(path, ETHERNET)());
    await file.discard();
    await file.discard();
    expect(left(await file.close())._tag).toBe('Closed');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('keeps mode and symbolic link of what it replaces', async () => {
    const real = join(folder, 'real.pcap');
    writeFileSync(real, '');
    chmodSync(real, 0o600);
    symlinkSync(real, join(folder, 'link.pcap'));
    const file = right(await openCaptureFile(join(folder, 'link.pcap'), ETHERNET)());
    right(await file.close());
    expect(readdirSync(folder).sort()).toEqual(['link.pcap', 'real.pcap']);
    expect(statSync(real).size).toBe(24);
    expect(statSync(real).mode & 0o777).toBe(0o600);
  });

  it('a bounded buffer: frames wait for a flush, and one frame too long is refused', async () => {
    const file = right(await openCaptureFile(join(folder, 'out.pcap'), ETHERNET)());
    let written = 0;
    while (file.writeFrame(frame) > 0) written += 1;
    expect(written * 76).toBeLessThan(1_000_000);
    expect(left(file.write({ data: frame.bytes, timestampNs: 0n }))._tag).toBe('Closed');
    right(await file.flush());
    expect(file.writeFrame(frame)).toBe(76);
    const long = { ...frame, bytes: new Uint8Array(300_000), length: 300_000 };
    expect(file.writeFrame(long)).toBe(WRITE_TOO_LONG);
    expect(file.errorOf(WRITE_TOO_LONG, long)._tag).toBe('LimitExceeded');
    expect(right(await file.close()).records).toBe(written + 1);
  });

  it('without a snap length a frame may be longer than the buffer', async () => {
    const path = join(folder, 'long.pcap');
    const options = { interfaces: [{ linkType: 1, snapLength: 0 }] };
    const file = right(await openCaptureFile(path, options)());
    const bytes = new Uint8Array(2_000_000).fill(9);
    expect(file.writeFrame({ ...frame, bytes, length: bytes.length })).toBe(2_000_016);
    right(await file.close());
    const { records } = await collect(path, { maxRecordBytes: 3_000_000 });
    expect(records[0]?.data).toEqual(bytes);
  });

  it.each([
    ['a folder that is missing', () => join(folder, 'none', 'out.pcap'), 'NotFound'],
    ['a folder', () => folder, undefined],
  ])('%s', async (_, path, tag) => {
    const error = left(await openCaptureFile(path(), ETHERNET)());
    if (tag !== undefined) expect(error._tag).toBe(tag);
    else expect(error.message).toContain('EISDIR');
    expect(left(await openCaptureFile(path(), { interfaces: [] })())._tag).toBe('Decode');
  });

  it('writes to a stream and leaves it open', async () => {
    const chunks: Uint8Array[] = [];
    const slow = new Writable({
      write(chunk: Uint8Array, _encoding, done) {
        chunks.push(chunk);
        setImmediate(done);
      },
    });
    const file = right(await openCaptureFile(slow, ETHERNET)());
    for (let i = 0; i < COUNT; i += 1) {
      file.writeFrame(frame);
      if (file.full) right(await file.flush());
    }
    right(await file.close());
    expect(slow.destroyed).toBe(false);
    expect((await collect(Readable.from(chunks))).records).toHaveLength(COUNT);
  });

  it('a stream that closes is a value', async () => {
    const stream = new PassThrough();
    const file = right(await openCaptureFile(stream, ETHERNET)());
    right(await file.flush());
    stream.destroy();
    await once(stream, 'close');
    file.writeFrame(frame);
    expect(left(await file.flush())._tag).toBe('Closed');
    expect(left(await file.close())._tag).toBe('Closed');
    await file.discard();
  });

  it.skipIf(process.platform === 'win32')('a pipe whose reader has gone is a value', async () => {
    const child = spawn('head', ['-c', '10'], { stdio: ['pipe', 'ignore', 'ignore'] });
    const file = right(await openCaptureFile(child.stdin, ETHERNET)());
    let failure: unknown = null;
    for (let i = 0; i < 200_000 && failure === null; i += 1) {
      file.writeFrame(frame);
      if (!file.full) continue;
      const flushed = await file.flush();
      if (E.isLeft(flushed)) failure = flushed.left;
    }
    expect(failure).toMatchObject({ _tag: 'Closed' });
    await file.discard();
    if (child.exitCode === null) await once(child, 'exit');
  });

  it.skipIf(process.platform !== 'linux')('devices are written directly', async () => {
    const file = right(await openCaptureFile('/dev/null', ETHERNET)());
    file.writeFrame(frame);
    expect(right(await file.close()).records).toBe(1);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it.skipIf(isRoot)(
    `a folder without permission${isRoot ? ' (skipped: root may write anywhere)' : ''}`,
    async () => {
      const locked = join(folder, 'locked');
      mkdirSync(locked, { mode: 0o500 });
      const error = left(await openCaptureFile(join(locked, 'out.pcap'), ETHERNET)());
      expect(error._tag).toBe('Permission');
    },
  );
});
