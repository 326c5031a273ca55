/**
 * A capture of 3 GB through the command line in less than 200 MB of memory: writes one to a temporary folder, runs
 * `rohc stats`, `compress` and `decompress` on it, and watches the peak of each process.
 *
 * `node prove/big-capture.ts [gigabytes]` runs it alone.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, readFileSync, rmSync, statfsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LINKTYPE_RAW } from '@liquid/rohc/pcap';
import { openCaptureFile } from '@liquid/rohc/pcap/node';
import * as E from 'fp-ts/lib/Either.js';

const GIGABYTE = 1_000_000_000;
const MEMORY_MAX = 200_000_000;
const PAYLOAD = 1448;

const bin = join(dirname(fileURLToPath(import.meta.resolve('@liquid/rohc'))), 'cli.js');

const right = <L, A>(either: E.Either<L, A>): A => {
  if (E.isLeft(either)) throw new Error(JSON.stringify(either.left));
  return either.right;
};

const put16 = (out: Uint8Array, at: number, value: number): void => {
  out[at] = value >>> 8;
  out[at + 1] = value;
};

const put32 = (out: Uint8Array, at: number, value: number): void => {
  put16(out, at, value >>> 16);
  put16(out, at + 2, value & 0xffff);
};

const checksum = (out: Uint8Array): number => {
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += ((out[i] ?? 0) << 8) | (out[i + 1] ?? 0);
  sum = (sum & 0xffff) + (sum >>> 16);
  return ~(sum + (sum >>> 16)) & 0xffff;
};

/** Two segments of a download, then its acknowledgement, over 64 connections: as a busy server's capture looks. */
const writeCapture = async (path: string, bytes: number): Promise<number> => {
  const file = right(await openCaptureFile(path, { interfaces: [{ linkType: LINKTYPE_RAW }] })());
  const frame = {
    interfaceId: 0,
    hasTimestamp: true,
    seconds: 1_700_000_000,
    nanoseconds: 0,
    originalLength: 0,
    bytes: new Uint8Array(40 + PAYLOAD),
    start: 0,
    length: 0,
  };
  const out = frame.bytes;
  for (let i = 40; i < out.length; i++) out[i] = (i * 167) & 0xff;
  const sent = new Uint32Array(64);
  for (let n = 0; file.stats().bytes < bytes; n++) {
    const connection = (n >>> 6) & 63;
    const data = n % 3 < 2;
    const length = data ? 40 + PAYLOAD : 40;
    const sequence = sent[connection] ?? 0;
    out.fill(0, 0, 40);
    out[0] = 0x45;
    put16(out, 2, length);
    put16(out, 4, n & 0xffff);
    out[6] = 0x40;
    out[8] = 64;
    out[9] = 6;
    out.set(data ? [10, 0, 0, 1, 10, 0, 1, 2] : [10, 0, 1, 2, 10, 0, 0, 1], 12);
    put16(out, 10, checksum(out));
    put16(out, 20, data ? 443 : 40_000 + connection);
    put16(out, 22, data ? 40_000 + connection : 443);
    put32(out, 24, data ? sequence : 1);
    put32(out, 28, data ? 1 : sequence);
    out[32] = 0x50;
    out[33] = 0x10;
    put16(out, 34, 512);
    put16(out, 36, (n * 40_503) & 0xffff);
    if (data) sent[connection] = sequence + PAYLOAD;
    frame.nanoseconds = (n % 1_000_000) * 1000;
    frame.seconds = 1_700_000_000 + Math.floor(n / 1_000_000);
    frame.length = length;
    frame.originalLength = length;
    const code = file.writeFrame(frame);
    if (code < 0) throw new Error(file.errorOf(code, frame).message);
    if (file.full) right(await file.flush());
  }
  return right(await file.close()).records;
};

/** Peak of a process's resident memory, in bytes, as the kernel keeps it. */
const peakOf = (pid: number): number => {
  try {
    const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(line?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
};

const digestOf = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(chunk as Uint8Array);
  }
  return hash.digest('hex');
};

interface Ran {
  readonly seconds: number;
  readonly peak: number;
  readonly packets: number;
}

const runCli = (argv: readonly string[]): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(process.execPath, [bin, ...argv, '--json'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let peak = 0;
    let stdout = '';
    const watch = setInterval(() => {
      peak = Math.max(peak, peakOf(child.pid ?? 0));
    }, 100);
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      clearInterval(watch);
      const answer = JSON.parse(stdout) as { ok: boolean; result?: { packets: number } };
      if (code !== 0 || !answer.ok) reject(new Error(`rohc ${argv[0]}: ${stdout}`));
      else {
        const seconds = (performance.now() - started) / 1000;
        resolve({ seconds, peak, packets: answer.result?.packets ?? 0 });
      }
    });
  });

/** Runs the proof; gives whether all bounds were kept. */
export const proveBigCapture = async (gigabytes = 3): Promise<boolean> => {
  const bytes = gigabytes * GIGABYTE;
  const { bavail, bsize } = statfsSync(tmpdir());
  // the source, what is made of it, and what is rebuilt, and some room for others
  if (bavail * bsize < 3.5 * bytes) {
    throw new Error(`${tmpdir()} has ${bavail * bsize} bytes free, ${3.5 * bytes} are needed`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'rohc-big-'));
  let good = true;
  try {
    const source = join(folder, 'source.pcap');
    const rohc = join(folder, 'rohc.pcap');
    const back = join(folder, 'back.pcap');
    const records = await writeCapture(source, bytes);
    const size = statSync(source).size;
    console.log(`capture: ${size} bytes, ${records} packets`);
    const channel = ['--cids', 'large', '--max-cid', '255'];
    for (const argv of [
      ['stats', source, ...channel],
      ['compress', source, rohc, ...channel],
      ['decompress', rohc, back, ...channel],
    ]) {
      const { seconds, peak, packets } = await runCli(argv);
      const kept = peak < MEMORY_MAX && packets === records;
      good &&= kept;
      console.log(
        `rohc ${argv[0]}: ${packets} packets in ${seconds.toFixed(1)} s, peak ${(peak / 1e6).toFixed(0)} MB ` +
          `of ${MEMORY_MAX / 1e6} MB ${kept ? 'ok' : 'FAILED'}`,
      );
    }
    const equal = (await digestOf(back)) === (await digestOf(source));
    good &&= equal;
    console.log(
      `compressed: ${statSync(rohc).size} bytes; rebuilt: ${equal ? 'the source octet for octet' : 'FAILED'}`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return good;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = (await proveBigCapture(Number(process.argv[2] ?? 3))) ? 0 : 1;
}
