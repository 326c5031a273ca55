/** The built command `rohc`, run as a child process: results, errors in one line, nothing half written. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RohcPacketTreeCodec } from '../src/index.js';
import {
  type CaptureWriterOptions,
  createCaptureWriter,
  LINKTYPE_ETHERNET,
  LINKTYPE_RAW,
} from '../src/pcap/index.js';
import { createFlow } from './support/flows.js';
import { readAll, right } from './pcap-support.js';

const BIN = fileURLToPath(new URL('../dist/cli.js', import.meta.url));

let folder = '';
const children: ChildProcess[] = [];

beforeEach(() => {
  if (!existsSync(BIN)) throw new Error('the bin is not built: pnpm build');
  folder = mkdtempSync(join(tmpdir(), 'rohc-cli-'));
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

const at = (name: string): string => join(folder, name);

const start = (argv: readonly string[]): ChildProcess => {
  const child = spawn(process.execPath, [BIN, ...argv], { cwd: folder });
  children.push(child);
  // a child that ends early breaks the pipe to its stdin
  child.stdin?.on('error', () => undefined);
  return child;
};

interface Ended {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

const ended = (child: ChildProcess): Promise<Ended> =>
  new Promise((resolve) => {
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('close', (code) => {
      resolve({ code, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString() });
    });
  });

const run = (argv: readonly string[], input?: Uint8Array): Promise<Ended> => {
  const child = start(argv);
  child.stdin?.end(input);
  return ended(child);
};

const ETHERNET = Uint8Array.of(2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00);

const flow = (stack: 'v4' | 'v6' = 'v4') =>
  createFlow({
    seed: 11,
    stack,
    id: 'sequential',
    wildness: 2,
    traffic: 'both',
    timestamps: true,
    hosts: 0,
  });

/** A capture of a TCP flow's packets. */
const captureOf = (
  packets: readonly Uint8Array[],
  options: Partial<CaptureWriterOptions> & {
    readonly linkType?: number;
    readonly snap?: number;
  } = {},
): Uint8Array => {
  const { linkType = LINKTYPE_ETHERNET, snap = 262_144, ...rest } = options;
  const writer = right(createCaptureWriter({ interfaces: [{ linkType }], ...rest }));
  const parts = packets.map((packet, i) => {
    const whole = linkType === LINKTYPE_ETHERNET ? Buffer.concat([ETHERNET, packet]) : packet;
    if (linkType === LINKTYPE_ETHERNET && (packet[0] ?? 0) >>> 4 === 6) whole.set([0x86, 0xdd], 12);
    const data = whole.subarray(0, snap);
    const timestampNs = 1_700_000_000_000_000_000n + BigInt(i) * 1_000_000n;
    return right(writer.record({ data, timestampNs, originalLength: whole.length }));
  });
  return Buffer.concat([writer.header(), ...parts]);
};

const flowCapture = (
  count: number,
  options: Parameters<typeof captureOf>[1] = {},
  stack: 'v4' | 'v6' = 'v4',
): Uint8Array => {
  const next = flow(stack);
  return captureOf(
    Array.from({ length: count }, () => next()),
    options,
  );
};

const write = (name: string, bytes: Uint8Array | string): string => {
  writeFileSync(at(name), bytes);
  return name;
};

interface Answer {
  readonly ok: boolean;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: Readonly<Record<string, unknown>>;
}

const json = (text: Buffer): Answer => JSON.parse(text.toString()) as Answer;

describe('help', () => {
  it.each([[[]], [['compress']], [['decompress']], [['roundtrip']], [['stats']], [['dissect']]])(
    '%j --help has examples and the exit codes',
    async (command) => {
      const { code, stdout, stderr } = await run([...command, '--help']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout.toString()).toContain('Examples:');
      expect(stdout.toString()).toContain('Exit codes: 0 ok, 1 failed, 2 usage, 130 interrupted.');
    },
  );

  it('--version', async () => {
    const { version } = JSON.parse(
      readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
    ) as { version: string };
    expect((await run(['--version'])).stdout.toString()).toBe(`${version}\n`);
  });
});

describe('mistakes', () => {
  const rows: readonly (readonly [
    name: string,
    argv: readonly string[],
    code: number,
    says: string,
  ])[] = [
    [
      'a missing file',
      ['compress', 'none.pcap', 'out'],
      1,
      'none.pcap does not exist - check the path',
    ],
    ['a directory', ['stats', '.'], 1, '. is a directory - give a capture file'],
    ['a truncated capture', ['compress', 'cut.pcap', 'out'], 1, '--limit 9'],
    ['an unknown link type', ['compress', 'link.pcap', 'out'], 1, 'link type 147 is not supported'],
    ['a text file', ['roundtrip', 'text.txt'], 1, 'expected a pcap or pcapng file'],
    ['an empty file', ['stats', 'empty'], 1, 'needs 24 bytes, 0 left'],
    ['a capture of IP to dissect', ['dissect', 'good.pcap'], 1, 'holds a ROHC packet'],
    [
      'a missing folder',
      ['compress', 'good.pcap', 'no/out'],
      1,
      'no/out: its folder does not exist',
    ],
    [
      'a directory to write',
      ['compress', 'good.pcap', '.'],
      1,
      '. is a directory - name a file in it',
    ],
    ['--window 0', ['compress', 'good.pcap', 'out', '--window', '0'], 2, '--window: expected'],
    [
      '--window x',
      ['stats', 'good.pcap', '--window', 'x'],
      2,
      '--window: expected a whole number, got "x"',
    ],
    [
      '--max-cid 16',
      ['stats', 'good.pcap', '--max-cid', '16'],
      2,
      '--max-cid: expected at most 15',
    ],
    ['--profiles', ['stats', 'good.pcap', '--profiles', 'rtp'], 2, '--profiles: expected'],
    ['--profiles 1', ['stats', 'good.pcap', '--profiles', '0x0001'], 2, '--profiles: expected'],
    ['--cids', ['dissect', 'good.pcap', '--cids', 'huge'], 2, '--cids: expected'],
    ['--loss', ['roundtrip', 'good.pcap', '--loss', '101%'], 2, '--loss: expected'],
    ['--format', ['compress', 'good.pcap', 'out', '--format', 'cap'], 2, '--format: expected'],
    ['--limit 0', ['stats', 'good.pcap', '--limit', '0'], 2, '--limit: expected at least 1'],
    ['an unknown option', ['stats', 'good.pcap', '--windwo', '4'], 2, "unknown option '--windwo'"],
    ['an unknown command', ['shrink'], 2, "unknown command 'shrink'"],
    ['a missing argument', ['compress', 'good.pcap'], 2, "missing required argument 'output'"],
    ['no command', [], 2, 'no command was given'],
  ];

  it.each(rows)(
    '%s: one clear line, the right code, nothing written',
    async (_, argv, code, says) => {
      const good = flowCapture(10);
      write('good.pcap', good);
      write('cut.pcap', good.subarray(0, good.length - 5));
      const link = Uint8Array.from(good);
      link[20] = 147;
      write('link.pcap', link);
      write('text.txt', 'just some text, and not a capture at all\n');
      write('empty', '');
      const before = readdirSync(folder).sort();
      const result = await run(argv);
      expect({ code: result.code, stdout: result.stdout.toString() }).toEqual({ code, stdout: '' });
      expect(result.stderr).toMatch(/^rohc: [^\n]+\n$/);
      expect(result.stderr).toContain(says);
      expect(readdirSync(folder).sort()).toEqual(before);

      const inJson = await run([...argv, '--json']);
      const answer = json(inJson.stdout);
      expect({ code: inJson.code, ok: answer.ok }).toEqual({ code, ok: false });
      expect(inJson.stdout.toString().trimEnd().split('\n')).toHaveLength(1);
      expect(readdirSync(folder).sort()).toEqual(before);
    },
  );

  it('leaves the old output where it fails', async () => {
    const good = flowCapture(10);
    write('cut.pcap', good.subarray(0, good.length - 5));
    write('out', 'what was there');
    expect((await run(['compress', 'cut.pcap', 'out'])).code).toBe(1);
    expect(readFileSync(at('out'), 'utf8')).toBe('what was there');
    // and the mend that it names works
    expect((await run(['compress', 'cut.pcap', 'out', '--limit', '9'])).code).toBe(0);
    expect(readAll(readFileSync(at('out'))).records).toHaveLength(9);
  });

  it('a capture of two link types is refused, and --raw carries it', async () => {
    const next = flow();
    const writer = right(
      createCaptureWriter({
        interfaces: [{ linkType: LINKTYPE_RAW }, { linkType: LINKTYPE_ETHERNET }],
        format: 'pcapng',
      }),
    );
    const record = (interfaceId: number): Uint8Array => {
      const packet = next();
      const data = interfaceId === 1 ? Buffer.concat([ETHERNET, packet]) : packet;
      return right(writer.record({ data, interfaceId, timestampNs: 1_000n }));
    };
    write('two.pcapng', Buffer.concat([writer.header(), record(0), record(1), record(0)]));
    const { code, stderr } = await run(['compress', 'two.pcapng', 'out']);
    expect(code).toBe(1);
    expect(stderr).toContain('--raw');
    expect(existsSync(at('out'))).toBe(false);
    expect((await run(['compress', 'two.pcapng', 'out', '--raw'])).code).toBe(0);
    expect(readAll(readFileSync(at('out'))).records).toHaveLength(3);
  });
});

describe('interruption', () => {
  it('Ctrl-C: 130, one line, nothing half written, the old output as it was', async () => {
    write('out', 'what was there');
    const child = start(['compress', '-', 'out']);
    const result = ended(child);
    child.stdin?.write(flowCapture(2000));
    // it has begun to write beside the target
    while (!readdirSync(folder).some((name) => name.endsWith('.part'))) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    child.kill('SIGINT');
    const { code, stdout, stderr } = await result;
    expect({ code, stdout: stdout.toString(), stderr }).toEqual({
      code: 130,
      stdout: '',
      stderr: 'rohc: interrupted\n',
    });
    expect(readdirSync(folder)).toEqual(['out']);
    expect(readFileSync(at('out'), 'utf8')).toBe('what was there');
  });

  it.each([
    ['dissect', ['dissect', 'rohc.pcap']],
    ['dissect --json', ['dissect', 'rohc.pcap', '--json']],
    ['compress', ['compress', 'good.pcap', '-']],
  ])('a closed pipe ends %s quietly', async (_, argv) => {
    write('good.pcap', flowCapture(5000));
    expect((await run(['compress', 'good.pcap', 'rohc.pcap'])).code).toBe(0);
    const child = start(argv);
    const result = ended(child);
    child.stdout?.once('data', () => child.stdout?.destroy());
    const { code, stderr } = await result;
    expect(code).toBe(0);
    expect(stderr.split('\n').filter((line) => !line.startsWith('{"progress"'))).toEqual(['']);
  });
});

describe('compress and decompress', () => {
  it.each([
    ['pcap, Ethernet', {}, [], 'v4'],
    ['pcap, Ethernet, IPv6', {}, ['--cids', 'large'], 'v6'],
    ['pcap, raw, nanoseconds', { linkType: LINKTYPE_RAW, resolution: 'nanoseconds' }, [], 'v4'],
    ['pcapng', { format: 'pcapng' }, ['--format', 'pcapng'], 'v4'],
    ['cut by its snap length', { snap: 90 }, [], 'v4'],
  ] as const)('there and back: %s', async (_, options, flags, stack) => {
    const original = flowCapture(300, options, stack);
    write('in', original);
    const channel = flags.includes('--cids' as never) ? ['--cids', 'large'] : [];
    const there = await run(['compress', 'in', 'rohc', ...flags, '--json']);
    expect({ code: there.code, ok: json(there.stdout).ok }).toEqual({ code: 0, ok: true });
    const back = await run([
      'decompress',
      'rohc',
      'out',
      ...channel,
      ...flags.slice(channel.length),
    ]);
    expect({ code: back.code, stderr: back.stderr }).toEqual({ code: 0, stderr: '' });
    const before = readAll(original);
    const sent = readAll(readFileSync(at('rohc')));
    const after = readAll(readFileSync(at('out')));
    const shape = ({
      data,
      originalLength,
      timestampNs,
      linkType,
    }: (typeof before.records)[0]) => ({
      data: Buffer.from(data).toString('hex'),
      originalLength,
      timestampNs,
      linkType,
    });
    expect(after.records.map(shape)).toEqual(before.records.map(shape));
    const size = (reading: typeof before) =>
      reading.records.reduce((sum, record) => sum + record.originalLength, 0);
    expect(size(sent)).toBeLessThan(size(before));
    expect(readdirSync(folder).sort()).toEqual(['in', 'out', 'rohc']);
  });

  it('through pipes, gzipped, without what is no IP packet', async () => {
    const arp = new Uint8Array(60);
    arp.set(ETHERNET);
    arp.set([0x08, 0x06], 12);
    const original = flowCapture(50);
    const writer = right(createCaptureWriter({ interfaces: [{ linkType: LINKTYPE_ETHERNET }] }));
    const extra = right(writer.record({ data: arp, timestampNs: 0n }));
    const there = await run(['compress', '-', '-'], gzipSync(Buffer.concat([original, extra])));
    expect(there.code).toBe(0);
    expect(there.stderr).toContain('1 record without an IP packet left out');
    const back = await run(['decompress', '-', '-'], there.stdout);
    expect(back.code).toBe(0);
    const octets = (bytes: Uint8Array) => readAll(bytes).records.map(({ data }) => [...data]);
    expect(octets(back.stdout)).toEqual(octets(original));
  });

  it('says that the other kind of CIDs may be meant when nothing comes out', async () => {
    write('in', flowCapture(20));
    await run(['compress', 'in', 'rohc']);
    const { code, stderr } = await run(['decompress', 'rohc', 'out', '--cids', 'large']);
    expect(code).toBe(1);
    expect(stderr).toContain('try --cids small');
    expect(existsSync(at('out'))).toBe(false);
  });

  it('--json and a capture on standard output exclude each other', async () => {
    write('in', flowCapture(2));
    const { code, stdout } = await run(['compress', 'in', '-', '--json']);
    expect({ code, ok: json(stdout).ok }).toEqual({ code: 2, ok: false });
  });
});

describe('roundtrip and stats', () => {
  it('prints sizes, saving and formats', async () => {
    write('in', flowCapture(400));
    const { code, stdout, stderr } = await run(['roundtrip', 'in']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const text = stdout.toString();
    expect(text).toMatch(/0x0006 IR +\d+/);
    expect(text).toMatch(/saves \d+\.\d+ B a packet, \d+\.\d % of the header octets/);
    expect(text).toContain('400 packets delivered, 0 of them different from the original');
  });

  it('loses packets by its seed and recovers with feedback', async () => {
    write('in', flowCapture(2000));
    const lossy = ['roundtrip', 'in', '--loss', '5%', '--feedback', '--json', '--seed'];
    const [first, again, other] = await Promise.all([
      run([...lossy, '7']),
      run([...lossy, '7']),
      run([...lossy, '8']),
    ]);
    const { ok, result } = json(first.stdout);
    expect(ok).toBe(true);
    expect(again.stdout.toString()).toBe(first.stdout.toString());
    expect(other.stdout.toString()).not.toBe(first.stdout.toString());
    expect(result).toMatchObject({ packets: 2000, different: 0, seed: 7 });
    const { lost, delivered, feedbackBytes } = result as unknown as Record<string, number>;
    expect(lost).toBeGreaterThan(50);
    expect(feedbackBytes).toBeGreaterThan(0);
    expect(delivered).toBeGreaterThan(1700);
    // progress goes to stderr, an object a line
    for (const line of first.stderr.trimEnd().split('\n')) {
      expect(JSON.parse(line)).toHaveProperty('progress.packets');
    }
  });

  it('fails when a packet came out different, and names the mend', async () => {
    // L = 1 promises nothing once a packet is lost, and 70 % are
    write('in', flowCapture(3000));
    const reckless = ['--loss', '70%', '--repetitions', '1', '--window', '1', '--refresh-ir', '50'];
    const { code, stdout, stderr } = await run(['roundtrip', 'in', ...reckless]);
    expect(code).toBe(1);
    expect(stdout.toString()).toMatch(/packets delivered, [1-9]\d* of them different/);
    expect(stderr).toMatch(/^rohc: in: \d+ of \d+ packets came out different - [^\n]+\n$/);
    const answer = json((await run(['roundtrip', 'in', ...reckless, '--json'])).stdout);
    expect(answer).toMatchObject({ ok: false, error: { _tag: 'Corrupt' } });
    expect(answer.result?.['different']).toBeGreaterThan(0);
  });

  it('stats adds up, takes limits and profiles', async () => {
    write('in', flowCapture(200));
    const { result } = json((await run(['stats', 'in', '--limit', '150', '--json'])).stdout);
    const { packets, formats, bytesIn, bytesOut } = result as unknown as {
      packets: number;
      bytesIn: number;
      bytesOut: number;
      formats: readonly { packets: number; bytesIn: number; bytesOut: number }[];
    };
    const sum = (field: 'packets' | 'bytesIn' | 'bytesOut') =>
      formats.reduce((total, row) => total + row[field], 0);
    expect([sum('packets'), sum('bytesIn'), sum('bytesOut')]).toEqual([packets, bytesIn, bytesOut]);
    expect(packets).toBe(150);
    const ip = await run(['stats', 'in', '--profiles', 'ip']);
    expect(ip.stdout.toString()).toContain('0x0004 UO-0');
    expect(ip.stdout.toString()).not.toContain('0x0006');
  });
});

describe('dissect', () => {
  it('prints trees as text, as lines and as one object', async () => {
    write('in', flowCapture(30));
    await run(['compress', 'in', 'rohc']);
    const text = (await run(['dissect', 'rohc'])).stdout.toString();
    expect(text.match(/^packet \d+: \d+ octets, CID 0, profile 0x0006, /gm)).toHaveLength(30);
    expect(text.match(/^delivered: \d+ octets$/gm)).toHaveLength(30);

    const lines = (await run(['dissect', 'rohc', '--lines'])).stdout
      .toString()
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(30);
    for (const line of lines)
      right(RohcPacketTreeCodec.decode((JSON.parse(line) as { tree: unknown }).tree));

    const whole = json((await run(['dissect', 'rohc', '--json', '--limit', '5'])).stdout);
    expect(whole.ok).toBe(true);
    expect(whole.result?.['packets']).toHaveLength(5);
  });

  it('shows what other profiles have, in one object also after an error', async () => {
    const raw = captureOf([Uint8Array.of(0xfd, 0x01, 0, 1, 2, 3), Uint8Array.of(0xf1, 0x2a)], {
      linkType: LINKTYPE_RAW,
    });
    write('rohc', raw);
    const text = (await run(['dissect', 'rohc'])).stdout.toString();
    expect(text).toContain('packet 1: ROHC profile at offset 1 is not supported');
    expect(text).toContain('FEEDBACK-1 00101010 = 42');
    write('cut', raw.subarray(0, raw.length - 1));
    const { code, stdout } = await run(['dissect', 'cut', '--json']);
    const answer = json(stdout);
    expect({ code, ok: answer.ok, tag: answer.error?.['_tag'] }).toEqual({
      code: 1,
      ok: false,
      tag: 'Truncated',
    });
  });
});
