/** Boots the guest and waits for its end: QEMU without hardware help, its serial line shown, a watchdog over it. */

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { archive } from './archive.ts';
import { firstFiles } from './files.ts';
import type { GuestKernel } from './packages.ts';

export interface BootOptions {
  readonly kernel: GuestKernel;
  /** Folder in which the command runs. */
  readonly cwd: string;
  /** The guest's program; it sees this machine's files, and writes beside them. */
  readonly command: ReadonlyArray<string>;
  readonly env: Readonly<Record<string, string>>;
  /** After so long it is ended from outside. */
  readonly minutes: number;
  readonly memoryMegabytes: number;
  /** Called with the shared folder before it is removed. */
  readonly collect: (share: string) => void;
}

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/**
 * The guest's second program, once it sees this machine's files: the usual file systems, fresh
 * places for what is of one boot, modules on demand, then the command. Its exit code goes into the
 * shared folder.
 */
const startScript = ({ kernel, cwd, command, env }: BootOptions): string => `#!/bin/sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb
b=${quote(kernel.busybox)}
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
case ${quote(cwd)} in /tmp/*) ;; *) mount -t tmpfs tmp /tmp ;; esac
mkdir -p /run/lock /run/modules /lib/modules/${kernel.release}
mount --bind ${quote(kernel.modules)} /lib/modules/${kernel.release}
ln -s "$b" /run/modules/modprobe
echo /run/modules/modprobe >/proc/sys/kernel/modprobe
for module in tun veth bridge br_netfilter; do "$b" modprobe "$module"; done
hostname guest
ip link set lo up
cd ${quote(cwd)}
${Object.entries(env)
  .map(([name, value]) => `export ${name}=${quote(value)}\n`)
  .join('')}${command.map(quote).join(' ')}
echo $? >/run/guest/exit-code
sync
"$b" poweroff -f
`;

/** Answers of a terminal and colours of a screen have no place on the line. */
const ESCAPES = new RegExp(`${String.fromCharCode(27)}(?:\\[[0-9;?]*[A-Za-z]|c)`, 'g');

/** The guest's exit code, or a sentence that says why there is none. */
export const boot = async (options: BootOptions): Promise<number | string> => {
  const { kernel, minutes, memoryMegabytes, collect } = options;
  const folder = mkdtempSync(join(tmpdir(), 'liquid-guest-'));
  const share = join(folder, 'share');
  try {
    mkdirSync(share);
    writeFileSync(join(folder, 'initramfs'), archive(firstFiles(kernel)));
    writeFileSync(join(share, 'start'), startScript(options), { mode: 0o755 });
    const nine = (tag: string, path: string, more: string): ReadonlyArray<string> => [
      '-virtfs',
      `local,path=${path},mount_tag=${tag},security_model=none,multidevs=remap${more}`,
    ];
    const guest = spawn(
      'qemu-system-x86_64',
      [
        ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
        ...['-machine', 'q35', '-accel', 'tcg,thread=multi', '-cpu', 'max'],
        ...['-smp', '2', '-m', String(memoryMegabytes), '-serial', 'stdio'],
        ...['-kernel', kernel.image, '-initrd', join(folder, 'initramfs')],
        ...['-append', 'console=ttyS0 quiet panic=-1 mitigations=off nowatchdog'],
        ...nine('machine', '/', ',readonly=on'),
        ...nine('share', share, ''),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let ended: string | undefined;
    const end = (why: string): void => {
      ended ??= why;
      guest.kill('SIGKILL');
    };
    const watchdog = setTimeout(
      () => end(`it took more than ${minutes} minutes`),
      minutes * 60_000,
    );
    const interrupted = (): void => end('it was interrupted');
    process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
    guest.stdout.setEncoding('utf8').on('data', (text: string) => {
      process.stdout.write(text.replace(ESCAPES, '').replaceAll('\r', ''));
    });
    await new Promise<void>((resolve) => {
      guest.once('error', (error) => {
        ended = error.message;
        resolve();
      });
      guest.once('close', () => resolve());
    });
    clearTimeout(watchdog);
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    collect(share);
    const code = join(share, 'exit-code');
    if (ended !== undefined) return ended;
    return existsSync(code)
      ? Number(readFileSync(code, 'utf8'))
      : 'it ended without a word, see the lines above';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
