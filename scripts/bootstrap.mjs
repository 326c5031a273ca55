/**
 * What a bare machine can do: with Node 20.19 and npm alone it installs the workspace through npx
 * and starts a script on the toolchain's own Node, which comes from the npm registry.
 *
 * `node scripts/bootstrap.mjs scripts/test.ts ARGS…` installs everything and runs that script.
 *
 * Plain JavaScript and no dependency, because it runs before there is anything else.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds the workspace. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The first Node that starts TypeScript files as they are, which the scripts and tools need. */
const TOOLCHAIN_FLOOR = [22, 18];

const stampFile = join(root, 'node_modules/.cache/liquid/install.json');

/** @param {string} text */
const say = (text) => process.stderr.write(`${text}\n`);

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** `pnpm@12.21.0`, as the manifest pins it. */
export const pnpmSpec = /** @type {string} */ (manifest.packageManager);

/** The manifests of the workspace's folders, relative to the root. */
const manifests = () =>
  ['packages', 'interop', 'apps']
    .flatMap((group) =>
      existsSync(join(root, group))
        ? readdirSync(join(root, group)).map((name) => `${group}/${name}/package.json`)
        : [],
    )
    .concat('package.json', 'docs/package.json')
    .filter((path) => existsSync(join(root, path)))
    .sort();

/** Everything that decides what an installation holds. */
const installKey = () => {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}`);
  for (const path of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests()]) {
    hash.update(`\0${path}\0`).update(readFileSync(join(root, path)));
  }
  return hash.digest('hex');
};

/** @returns {{ key: string, scope: string } | null} */
const readStamp = () => {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'));
  } catch {
    return null;
  }
};

/**
 * The folder that holds the pinned pnpm, found once: an installed one, else the one that npx brings.
 * Null where the PATH leads to it already.
 */
const pnpmFolder = (() => {
  /** @type {string | null | undefined} */
  let found;
  return () => {
    if (found !== undefined) return found;
    const own = spawnSync('pnpm', ['--version'], { cwd: root, encoding: 'utf8' });
    if (own.status === 0 && `pnpm@${own.stdout.trim()}` === pnpmSpec) return (found = null);
    const brought = spawnSync('npx', ['-y', '-p', pnpmSpec, '-c', 'command -v pnpm'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const path = brought.stdout?.trim() ?? '';
    if (brought.status !== 0 || path === '') {
      say(`npx could not bring ${pnpmSpec}; it needs the npm registry.`);
      process.exit(1);
    }
    return (found = dirname(path));
  };
})();

/**
 * The variables under which every tool runs: the toolchain's Node comes first on the PATH.
 *
 * @param {string | null} [folder] one more folder for the PATH
 */
export const toolEnv = (folder = null) => ({
  ...process.env,
  PATH: [join(root, 'node_modules/.bin'), folder, process.env['PATH']]
    .filter((part) => part !== null && part !== undefined)
    .join(delimiter),
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
});

/**
 * Runs pnpm in the pinned version. Its output goes to stderr, so that a command's own result stays
 * alone on stdout.
 *
 * @param {readonly string[]} args
 * @param {Record<string, string>} [env]
 */
export const pnpm = (args, env = {}) => {
  const done = spawnSync('pnpm', [...args], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...toolEnv(pnpmFolder()), ...env },
  });
  return done.status ?? 1;
};

/**
 * Installs what the lockfile says, unless that was done already.
 *
 * @param {'all' | 'start'} scope `start` is what the console needs; `all` holds it too
 * @param {readonly string[]} [names] the packages that `start` installs, with all below them
 */
export const install = (scope, names = []) => {
  const key = installKey();
  const stamp = readStamp();
  if (stamp?.key === key && (stamp.scope === 'all' || stamp.scope === scope)) return;
  say(scope === 'all' ? 'Installing the workspace …' : 'Installing what the console needs …');
  const filters =
    scope === 'all'
      ? []
      : [
          '--prod',
          ...[manifest.name, ...names.map((name) => `${name}...`)].flatMap((name) => [
            '--filter',
            name,
          ]),
        ];
  // The lockfile pins every tarball by its hash. How old releases must be is asked where it changes;
  // asking again here fetches a page for each of them, and registries throttle that.
  const pinned = ['--frozen-lockfile', '--config.minimumReleaseAge=0'];
  const status = pnpm(['install', ...pinned, ...filters]);
  if (status !== 0) {
    say(
      'The installation failed; see the lines above. It needs the npm registry, and a lockfile that ' +
        'agrees with the manifests: after changing a package.json run `pnpm install`.',
    );
    process.exit(1);
  }
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, JSON.stringify({ key, scope }));
};

/** The Node that runs the toolchain: the registry's where it exists, else the one that runs now. */
export const toolNode = () => {
  const shipped = join(root, 'node_modules/.bin/node');
  if (existsSync(shipped)) return shipped;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [floorMajor = 0, floorMinor = 0] = TOOLCHAIN_FLOOR;
  if (major > floorMajor || (major === floorMajor && minor >= floorMinor)) return process.execPath;
  say(`The toolchain needs Node ${TOOLCHAIN_FLOOR.join('.')} or later on this platform.`);
  return process.exit(1);
};

/**
 * Runs a command to its end with this terminal, hands it every signal, and leaves with its code.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
export const become = (command, args, env = toolEnv()) => {
  const child = spawn(command, args, { stdio: 'inherit', env });
  // A Ctrl-C reaches the child by itself: both stand in the terminal's foreground group.
  process.on('SIGINT', () => {});
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('error', (error) => {
    say(`${command} did not start: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [script, ...args] = process.argv.slice(2);
  if (script === undefined) {
    say('usage: node scripts/bootstrap.mjs SCRIPT [ARG…]');
    process.exit(2);
  }
  install('all');
  become(toolNode(), [join(root, script), ...args], toolEnv(pnpmFolder()));
}
