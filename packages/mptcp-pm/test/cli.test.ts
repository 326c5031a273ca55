/** The command line where it needs no kernel: its words, its lines, its mistakes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeEvent } from '../src/cli/describe.js';
import { eventLine } from '../src/cli/event-line.js';
import { policyJson } from '../src/cli/policies.js';
import { runCli } from '../src/cli/program.js';
import { usage } from '../src/cli/session.js';
import { addressLine, limitLines, VERBS } from '../src/cli/verbs.js';
import type { PmCommand } from '../src/family-command.js';
import { decodeEvent } from '../src/family-event.js';
import { encodeLogHeader, encodeLogStep } from '../src/log.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mptcp-pm-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const cli = async (...argv: ReadonlyArray<string>): Promise<Ran> => {
  let stdout = '';
  let stderr = '';
  const code = await runCli(argv, '1.2.3', {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    interrupted: new AbortController().signal,
  });
  return { code, stdout, stderr };
};

const INDICES: Readonly<Record<string, number>> = { eth1: 3 };

const read = (line: string): PmCommand | string => {
  const [verb = '', ...args] = line.split(' ');
  const command = VERBS[verb]?.read(args, (device) => {
    const index = INDICES[device];
    return index === undefined ? E.left(usage(`dev: no device ${device}`)) : E.right(index);
  });
  if (command === undefined) return 'no such verb';
  return E.isLeft(command) ? command.left.message : command.right;
};

describe('verbs of pm_nl_ctl', () => {
  const cases: ReadonlyArray<readonly [string, PmCommand]> = [
    [
      'ann 10.0.1.1 id 3 token 823274047 dev eth1',
      {
        _tag: 'Announce',
        token: 823_274_047,
        local: { address: '10.0.1.1', id: 3, flags: 1, interfaceIndex: 3 },
      } as PmCommand,
    ],
    ['rem id 3 token 0x31122233', { _tag: 'Remove', token: 0x31122233, localId: 3 }],
    [
      'csf lip dead:beef::1 lid 1 rip dead:beef::2 rport 80 token 7',
      {
        _tag: 'SubflowCreate',
        token: 7,
        local: { address: 'dead:beef::1', id: 1 },
        remote: { address: 'dead:beef::2', port: 80 },
      } as PmCommand,
    ],
    [
      'dsf lip 10.0.1.1 lport 4000 rip 10.0.1.2 rport 80 token 7',
      {
        _tag: 'SubflowDestroy',
        token: 7,
        local: { address: '10.0.1.1', port: 4000 },
        remote: { address: '10.0.1.2', port: 80 },
      } as PmCommand,
    ],
    [
      'set 10.0.1.1 flags backup token 7 rip 10.0.1.2 rport 80',
      {
        _tag: 'SetFlags',
        token: 7,
        local: { address: '10.0.1.1', flags: 4 },
        remote: { address: '10.0.1.2', port: 80 },
      } as PmCommand,
    ],
    ['set id 5 flags nobackup', { _tag: 'SetFlags', local: { id: 5, flags: 0 } }],
    [
      'add flags signal,subflow id 5 10.0.1.1',
      { _tag: 'AddAddress', local: { address: '10.0.1.1', id: 5, flags: 3 } } as PmCommand,
    ],
    [
      'add 10.0.1.1 flags signal port 90',
      { _tag: 'AddAddress', local: { address: '10.0.1.1', flags: 1, port: 90 } } as PmCommand,
    ],
    ['del 5', { _tag: 'DelAddress', local: { id: 5 } }],
    ['del 0 10.0.0.1', { _tag: 'DelAddress', local: { id: 0, address: '10.0.0.1' } } as PmCommand],
    ['get 5 token 9', { _tag: 'GetAddress', local: { id: 5 }, token: 9 }],
    ['dump', { _tag: 'GetAddress' }],
    ['flush', { _tag: 'FlushAddresses' }],
    ['limits', { _tag: 'GetLimits' }],
    ['limits 2 4', { _tag: 'SetLimits', receiveAddAddresses: 2, subflows: 4 }],
  ];
  for (const [line, command] of cases) {
    test(line, () => {
      expect(read(line)).toEqual(command);
    });
  }

  test.each([
    ['ann 10.0.1.1 token 7', 'id: expected'],
    ['ann nonsense id 1 token 7', 'local-ip: expected'],
    ['ann 10.0.1.1 id 1 token 7 dev eth9', 'no device eth9'],
    ['rem id 256 token 7', 'id: expected a number from 0 to 255'],
    ['csf lip 10.0.1.1 lid 1 rip 10.0.1.2 rport 80 token', 'its value is missing'],
    ['csf lip 10.0.1.1 lid 1 rip 10.0.1.2 rport 80 colour red', 'unknown word colour'],
    ['set 10.0.1.1 flags purple', 'unknown purple'],
    ['del 0', 'id 0 needs its address'],
    ['flush everything', 'unexpected everything'],
    ['limits 1', 'subflows: expected'],
  ])('%s is a mistake', (line, message) => {
    expect(read(line)).toContain(message);
  });

  test('answers have the tool’s form', () => {
    const address = { address: '10.0.1.1', id: 5, flags: 5, interfaceIndex: 3, port: 90 } as const;
    expect(addressLine(address as never, () => 'eth1')).toBe(
      'id 5 flags signal,backup dev eth1 10.0.1.1 90',
    );
    expect(limitLines({ receiveAddAddresses: 2, subflows: 4 })).toBe('accept 2\nsubflows 4');
  });
});

test('event lines are those of pm_nl_ctl, for every event that a kernel sent', () => {
  const { recorded } = JSON.parse(
    readFileSync(new URL('fixtures/linux-6.18.json', import.meta.url), 'utf8'),
  ) as { recorded: ReadonlyArray<{ way: string; hex: string; step: string; host: string }> };
  const lines = recorded
    .filter(({ way }) => way === 'event')
    .map(({ hex, step, host }) => {
      const event = decodeEvent(Uint8Array.from(Buffer.from(hex, 'hex')));
      if (E.isLeft(event)) throw new Error(event.left.message);
      expect(describeEvent({ _tag: 'Event', event: event.right })).toMatch(/\w/);
      return { at: `${host}, ${step}`, line: eventLine(event.right) ?? '' };
    });
  const shown = (at: string): ReadonlyArray<string> =>
    lines
      .filter((each) => each.at === at)
      .map(({ line }) => line.replace(/token:\d+/, 'token:T').replaceAll(/port:\d{5}/g, 'port:P'));
  expect(shown('server, IPv6: connect')[0]).toBe(
    'type:1,token:T,family:10,saddr6:fd00::2,daddr6:fd00::1,sport:4433,dport:P,server_side:1',
  );
  expect(shown('client, IPv4: announce')).toEqual([
    'type:6,token:T,rem_id:7,dport:4433,daddr4:10.0.1.2',
  ]);
  expect(shown('client, IPv4: create a subflow')).toEqual([
    'type:10,token:T,family:2,loc_id:1,rem_id:8,saddr4:10.0.1.1,daddr4:10.0.1.2,sport:P,dport:4433,backup:0',
  ]);
  expect(shown('client, IPv4: withdraw')).toEqual(['type:7,token:T,rem_id:7']);
  expect(shown('client, IPv4: close').at(-1)).toBe('type:3,token:T');
  expect(eventLine({ _tag: 'SubCreated' } as never)).toBeUndefined();
});

describe('policies as words', () => {
  test('options become numbers, truths, texts and nested objects', () => {
    expect(
      policyJson('max-rtt:maxMs=200,action=backup,backoff.initialMs=1.5e3,stalls=false'),
    ).toEqual(
      E.right({
        policy: 'max-rtt',
        maxMs: 200,
        action: 'backup',
        backoff: { initialMs: 1500 },
        stalls: false,
      }),
    );
  });
  test.each([
    ['ful-mesh', 'did you mean full-mesh'],
    ['max-rtt:maxMs', 'expected option=value'],
    ['max-rtt:maxMs=1,maxMs=2', 'once each'],
    ['max-rtt:maxMs=1,maxMs.x=2', 'once each'],
    ['max-rtt:__proto__.x=2', 'expected option=value'],
  ])('%s is a mistake', (text, message) => {
    const result = policyJson(text);
    expect(E.isLeft(result) && result.left.message).toContain(message);
  });
});

describe('the program', () => {
  test('help names every command and exit codes', async () => {
    const { code, stdout } = await cli('--help');
    expect(code).toBe(0);
    for (const name of [
      'monitor',
      'list',
      'run',
      'record',
      'replay',
      'doctor',
      'events',
      'listen',
    ]) {
      expect(stdout).toContain(`\n  ${name} `);
    }
    expect(stdout).toContain('Exit codes: 0 ok, 1 failed, 2 usage, 130 interrupted.');
    expect((await cli('run', '--help')).stdout).toContain('reset-reaction');
  });

  test.each([
    [[], 'no command was given'],
    [['fly'], 'unknown command'],
    [['run'], 'no policy'],
    [['run', '--policy', 'ful-mesh'], 'did you mean full-mesh'],
    [['run', '--policy', 'full-mesh', '--for', '0'], '--for: expected a number above 0'],
    [['run', '--policy', 'max-rtt:maxMs=soon'], 'policy max-rtt at maxMs'],
    [['monitor', '--poll', 'x'], '--poll: expected a number above 0'],
    [['replay'], 'missing required argument'],
  ] as const)('%j is a usage error of one line', async (argv, message) => {
    const { code, stdout, stderr } = await cli(...argv);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^mptcp-pm: [^\n]*mptcp-pm --help shows how\n$/);
  });

  test('errors are an object with --json', async () => {
    const { code, stdout } = await cli('run', '--policy', 'ful-mesh', '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { _tag: 'Usage' } });
  });

  test('a configuration with a mistake is told with its place', async () => {
    const path = file('config.json', '{ "policies": [{ "policy": "max-rtt", "maxMs": "soon" }] }');
    const { code, stderr } = await cli('run', '--config', path);
    expect(code).toBe(1);
    expect(stderr).toContain('policy max-rtt at maxMs');
    const unknown = file('unknown.json', '{ "polices": [] }');
    expect((await cli('run', '--config', unknown)).stderr).toContain('polices');
    const none = join(folder, 'none.json');
    const missing = await cli('run', '--config', none);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain(`configuration ${none} does not exist`);
    expect((await cli('replay', none)).stderr).toContain(`recording ${none} does not exist`);
  });

  test('a recording is replayed; other policies do otherwise', async () => {
    const input = {
      _tag: 'Event',
      atMs: 1,
      event: { _tag: 'Closed', token: 5 },
    } as const;
    const path = file(
      'log.ndjson',
      encodeLogHeader({ policies: ['full-mesh'] }) + encodeLogStep(input, []),
    );
    const same = await cli('replay', path);
    expect(same).toMatchObject({ code: 0, stdout: 'the same: 1 inputs, 0 commands\n' });
    const json = await cli('replay', path, '--json');
    expect(JSON.parse(json.stdout)).toEqual({
      ok: true,
      result: { _tag: 'Identical', steps: 1, commands: 0, truncated: false },
    });
    const wrong = file(
      'wrong.ndjson',
      encodeLogHeader({ policies: ['full-mesh'] }) +
        encodeLogStep(input, [
          { serial: 0, by: 'full-mesh', action: { _tag: 'Remove', token: 5, id: 1 } },
        ]),
    );
    const different = await cli('replay', wrong);
    expect(different.code).toBe(1);
    expect(different.stderr).toContain('line 2: after Event expected');
    expect((await cli('replay', file('empty.ndjson', ''))).stderr).toContain('a recording');
  });
});
