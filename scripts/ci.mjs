/**
 * What `.ci/run` does, on any Node from 20.19: a copy of this tree, an ordinary user with an empty
 * home and few variables, the gates, the tests and the site; then the system tests, if this is root.
 *
 * Plain JavaScript, because the copy is not installed yet when it starts.
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { root } from './bootstrap.mjs';

/** The user and group that Linux keeps for those who own nothing. */
const NOBODY = 65_534;

const isRoot = process.getuid?.() === 0;

/** @param {string} text */
const say = (text) => process.stdout.write(`${text}\n`);

/** Variables that a machine needs to reach its registry, and no others. */
const KEPT =
  /^(?:https?_proxy|no_proxy|node_extra_ca_certs|ssl_cert_(?:file|dir)|npm_config_registry|lang|tz)$/i;

const scratch = mkdtempSync(join(tmpdir(), 'liquid-ci-'));
const tree = join(scratch, 'liquid-net');
const reports = join(scratch, 'reports');
let failed = false;

process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => process.exit(130));
}

/** A clone with what is changed here on top, so that work can be tried before it is committed. */
const copyTree = () => {
  const git = (/** @type {string[]} */ ...args) =>
    spawnSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 });
  const cloned = git('clone', '-q', '--no-local', root, tree);
  if (cloned.status !== 0) throw new Error(`git clone failed: ${cloned.stderr}`);
  const changed = git('status', '--porcelain', '-z', '--no-renames', '--untracked-files=all');
  for (const line of changed.stdout.split('\0').filter((entry) => entry !== '')) {
    const path = line.slice(3);
    const from = join(root, path);
    const to = join(tree, path);
    if (lstatSync(from, { throwIfNoEntry: false })?.isFile()) {
      mkdirSync(dirname(to), { recursive: true });
      copyFileSync(from, to);
    } else {
      rmSync(to, { recursive: true, force: true });
    }
  }
};

/**
 * @param {string} home
 * @param {Record<string, string>} more
 */
const minimalEnv = (home, more) => {
  const path = [
    dirname(process.execPath),
    '/usr/local/sbin',
    '/usr/local/bin',
    '/usr/sbin',
    '/usr/bin',
    '/sbin',
    '/bin',
    // Where the machine keeps its tools elsewhere, as in a bare folder of links.
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  const data = join(root, '../shared/data');
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => KEPT.test(name))),
    PATH: [...new Set(path)].join(delimiter),
    HOME: home,
    TMPDIR: join(scratch, 'tmp'),
    LANG: process.env['LANG'] ?? 'C.UTF-8',
    CI: 'true',
    ...(existsSync(data) ? { LIQUID_TEST_DATA: data } : {}),
    ...more,
  };
};

/**
 * Runs one step with its output shown; the user's id is given up where it must be.
 *
 * @param {string} title
 * @param {readonly string[]} command
 * @param {{ ordinary: boolean, env?: Record<string, string> }} options
 * @returns {Promise<boolean>}
 */
const step = (title, [program = '', ...args], { ordinary, env = {} }) => {
  say(`\n══ ${title}`);
  const started = performance.now();
  const drop = ordinary && isRoot;
  const child = spawn(program, args, {
    cwd: tree,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: minimalEnv(join(scratch, drop || !isRoot ? 'home' : 'root'), env),
    ...(drop ? { uid: NOBODY, gid: NOBODY } : {}),
  });
  return new Promise((resolve) => {
    child.on('error', (error) => {
      say(`${program}: ${error.message}`);
      resolve(false);
    });
    child.on('close', (code) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(0);
      say(`══ ${title}: ${code === 0 ? 'green' : 'RED'} after ${seconds} s`);
      if (code !== 0) failed = true;
      resolve(code === 0);
    });
  });
};

/** Gives a folder and what is in it to the ordinary user. @param {string} folder */
const giveAway = (folder) => spawnSync('chown', ['-R', `${NOBODY}:${NOBODY}`, folder]);

/** @param {string} folder */
const readReports = (folder) =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.report.json'))
        .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')))
    : [];

/** Minutes over budget are red: a workspace that grew slow is found before everyone waits for it. */
const overBudget = (
  /** @type {{ of: string, minutes: number }[]} */ all,
  /** @type {number} */ total,
) => {
  const budget = JSON.parse(readFileSync(join(root, 'scripts/budget.json'), 'utf8'));
  /** @type {Map<string, number>} */
  const spent = new Map();
  for (const { of, minutes } of all) spent.set(of, (spent.get(of) ?? 0) + minutes);
  const lines = [...spent].map(([of, minutes]) => ({ of, minutes, limit: budget.minutes[of] }));
  say('\n══ Minutes');
  for (const { of, minutes, limit } of lines) {
    if (minutes > 0) say(`${minutes.toFixed(1).padStart(6)} of ${limit ?? '–'}  ${of}`);
  }
  say(`${total.toFixed(1).padStart(6)} of ${budget.total}  everything`);
  return [
    ...lines
      .filter(({ minutes, limit }) => limit !== undefined && minutes > limit)
      .map(({ of }) => of),
    ...(total > budget.total ? ['everything'] : []),
  ];
};

const started = performance.now();
for (const folder of ['home', 'root', 'tmp', 'reports']) mkdirSync(join(scratch, folder));
copyTree();
if (isRoot) {
  chmodSync(scratch, 0o755);
  giveAway(scratch);
}

const phase = (/** @type {string} */ name) => ({ LIQUID_REPORTS: join(reports, name) });
const script = (/** @type {string} */ name) => ['node', 'scripts/bootstrap.mjs', `scripts/${name}`];

await step('npm test, as an ordinary user', ['npm', 'test'], {
  ordinary: true,
  env: phase('tests'),
});
await step('the gates', [...script('gates.ts'), '--fresh'], {
  ordinary: true,
  env: phase('gates'),
});
await step('the site', ['node', 'scripts/bootstrap.mjs', 'scripts/site.ts'], { ordinary: true });
if (isRoot) {
  await step('the system tests, as root', [...script('test.ts'), '--system-only', '--no-build'], {
    ordinary: false,
    env: {
      ...phase('system'),
      LIQUID_SYSTEM: '1',
      // git refuses a tree of another user, which this one is for root.
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
    },
  });
} else {
  say('\n══ the system tests need root and were left out');
}

const all = ['tests', 'gates', 'system'].flatMap((name) => readReports(join(reports, name)));
const late = overBudget(all, (performance.now() - started) / 60_000);
for (const of of late) say(`Over budget: ${of}; scripts/budget.json says how much it has.`);

/** @type {Map<string, string>} */
const outcomes = new Map();
/** @type {Record<string, number>} */
const weight = { failed: 2, passed: 1, skipped: 0 };
for (const { outcomes: some } of all) {
  for (const { id, state } of some) {
    // Where both phases met a test, the one that ran it speaks for it.
    const before = outcomes.get(id);
    if (before === undefined || (weight[state] ?? 0) > (weight[before] ?? 0))
      outcomes.set(id, state);
  }
}
const count = (/** @type {string} */ state) =>
  [...outcomes.values()].filter((one) => one === state).length;
const red = failed || late.length > 0;
// A step that went red without a failed test, or a budget, counts as one failure.
const failures = Math.max(count('failed'), red ? 1 : 0);
if (red) say('\nRED: see the steps above.');
say(`\n${count('passed')} passed, ${failures} failed, ${count('skipped')} skipped`);
process.exitCode = red || failures > 0 ? 1 : 0;
