/** The few files that the guest holds in memory before it sees the checkout. */

import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { GuestKernel } from './packages.ts';

/** A file, a folder or a link, by the bits of its mode. */
export interface GuestFile {
  readonly mode: number;
  /** Of a link: where it points to. */
  readonly bytes: Uint8Array;
}

const folder: GuestFile = { mode: 0o040755, bytes: new Uint8Array(0) };
const program = (bytes: Uint8Array): GuestFile => ({ mode: 0o100755, bytes });
const text = (content: string): Uint8Array => new TextEncoder().encode(content);

/** What it takes to see the shared folders: 9p over virtio, and a layer that can be written above. */
const FIRST_MODULES = ['virtio_pci', '9pnet_virtio', '9p', 'overlay'];

/**
 * Modules in the order in which they can be loaded, each after those that it needs, as paths below
 * the folder of `modules.dep`. A module that the kernel has built in is in no such list.
 */
const loadOrder = (
  dependencies: ReadonlyMap<string, ReadonlyArray<string>>,
  names: ReadonlyArray<string>,
): ReadonlyArray<string> => {
  const pathOf = new Map(
    [...dependencies.keys()].map((path) => [
      basename(path)
        .replace(/\.ko.*$/, '')
        .replaceAll('-', '_'),
      path,
    ]),
  );
  const order = new Set<string>();
  const visit = (path: string): void => {
    if (order.has(path)) return;
    for (const needed of dependencies.get(path) ?? []) visit(needed);
    order.add(path);
  };
  for (const name of names) {
    const path = pathOf.get(name);
    if (path !== undefined) visit(path);
  }
  return [...order];
};

const readDependencies = (file: string): ReadonlyMap<string, ReadonlyArray<string>> =>
  new Map(
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.includes(':'))
      .map((line) => {
        const [path = '', needed = ''] = line.split(':');
        return [path, needed.split(' ').filter((name) => name !== '')];
      }),
  );

/**
 * The first program. It mounts this machine's files read-only with a layer in memory above them, so
 * that the guest has the same programs and the same checkout, and can write without harm; then it
 * goes over to `start`, which stands in the shared folder.
 */
const init = `#!/bin/busybox sh
b=/bin/busybox
fail() { echo "guest: $1"; $b poweroff -f; }
$b mount -t devtmpfs dev /dev
$b mount -t proc proc /proc
for module in $($b cat /modules/order); do $b insmod "/modules/$module" || fail "no module $module"; done
nine() { $b mount -t 9p -o "trans=virtio,version=9p2000.L,msize=262144,$3" "$1" "$2" || fail "no share $1"; }
nine machine /machine ro,cache=loose
$b mount -t tmpfs -o size=75% cover /cover
$b mkdir /cover/upper /cover/work
$b mount -t overlay -o lowerdir=/machine,upperdir=/cover/upper,workdir=/cover/work overlay /merged || fail overlay
$b mount -t tmpfs run /merged/run
$b mkdir /merged/run/guest
nine share /merged/run/guest rw,cache=none
$b umount /proc
$b umount /dev
exec $b switch_root /merged /run/guest/start
`;

/** All that the kernel unpacks at its start. */
export const firstFiles = (kernel: GuestKernel): ReadonlyMap<string, GuestFile> => {
  const order = loadOrder(readDependencies(join(kernel.modules, 'modules.dep')), FIRST_MODULES);
  const names = order.map((path) => basename(path));
  const folders = ['bin', 'dev', 'proc', 'modules', 'machine', 'cover', 'merged'];
  return new Map([
    ...folders.map((name) => [name, folder] as const),
    ['bin/busybox', program(readFileSync(kernel.busybox))],
    ['init', program(text(init))],
    ['modules/order', { mode: 0o100644, bytes: text(`${names.join('\n')}\n`) }],
    ...order.map(
      (path, index) =>
        [
          `modules/${names[index]}`,
          { mode: 0o100644, bytes: readFileSync(join(kernel.modules, path)) },
        ] as const,
    ),
  ]);
};
