/** Where the guest's kernel comes from: Debian packages, fetched once and kept beside the build's caches. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** An unpacked kernel, and the one program that the guest has before it sees any other. */
export interface GuestKernel {
  /** As in `6.1.0-56-amd64`. */
  readonly release: string;
  readonly image: string;
  /** The folder of `modules.dep`. */
  readonly modules: string;
  readonly busybox: string;
}

/** What the machine lacks, in words that tell how to mend it. */
export class Missing extends Error {}

const say = (command: string, args: ReadonlyArray<string>, cwd?: string): string => {
  const done = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (done.error === undefined && done.status === 0) return done.stdout;
  throw new Missing(
    `\`${command} ${args.join(' ')}\`: ${(done.error?.message ?? done.stderr).trim()}\n` +
      'The guest is made of Debian packages. On Debian, with a mirror within reach:\n' +
      '  apt-get update',
  );
};

/** Ends with the line for apt where there is no QEMU. */
export const requireQemu = (): void => {
  if (spawnSync('qemu-system-x86_64', ['--version']).status === 0) return;
  throw new Missing('There is no QEMU:\n  apt-get install --no-install-recommends qemu-system-x86');
};

/** The kernel that `linux-image-amd64` stands for: 6.1 on Debian 12. */
const kernelPackage = (): string => {
  const depends = say('apt-cache', ['depends', '--important', 'linux-image-amd64']);
  const name = /Depends: (linux-image-\d\S*)/.exec(depends)?.[1];
  if (name === undefined) throw new Missing('apt knows no linux-image-amd64:\n  apt-get update');
  return name;
};

/** Of a kernel's 400 MB, what networks and shared folders are made of. */
const WANTED = [
  './bin/busybox',
  './boot/vmlinuz-*',
  './lib/modules/*/modules.*',
  ...['arch', 'crypto', 'drivers/virtio', 'lib', 'net', 'fs/9p', 'fs/fscache', 'fs/netfs']
    .concat('fs/overlayfs', 'drivers/net/*.ko')
    .map((part) => `./lib/modules/*/kernel/${part}`),
];

/** Brings a package and unpacks what is wanted of it. */
const unpack = (name: string, target: string): void => {
  // As root, apt would change to a user that can't write here.
  say('apt-get', ['-q', '-o', 'APT::Sandbox::User=root', 'download', name], target);
  const file = readdirSync(target).find((found) => found.startsWith(`${name}_`));
  if (file === undefined) throw new Missing(`\`apt-get download ${name}\` brought nothing.`);
  say('dpkg-deb', ['--raw-extract', file, 'whole'], target);
  const found = say(
    'find',
    ['.', ...WANTED.flatMap((path) => ['-o', '-path', path]).slice(1)],
    join(target, 'whole'),
  );
  for (const path of found.trim().split('\n')) {
    mkdirSync(join(target, path, '..'), { recursive: true });
    renameSync(join(target, 'whole', path), join(target, path));
  }
  rmSync(join(target, 'whole'), { recursive: true });
  rmSync(join(target, file));
};

/** Fetches the kernel into `cache`, unless it is there; half of a fetch never counts as one. */
export const bringKernel = (cache: string): GuestKernel => {
  const name = kernelPackage();
  const folder = join(cache, name);
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true });
    const scratch = mkdtempSync(join(cache, 'part-'));
    try {
      for (const wanted of ['busybox-static', name]) unpack(wanted, scratch);
      const [release = ''] = readdirSync(join(scratch, 'lib/modules'));
      // The list of what needs what is made where a kernel is installed, not in its package.
      say(join(scratch, 'bin/busybox'), ['depmod', '-b', scratch, release]);
      renameSync(scratch, folder);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }
  const [release = ''] = readdirSync(join(folder, 'lib/modules'));
  return {
    release,
    image: join(folder, `boot/vmlinuz-${release}`),
    modules: join(folder, 'lib/modules', release),
    busybox: join(folder, 'bin/busybox'),
  };
};
