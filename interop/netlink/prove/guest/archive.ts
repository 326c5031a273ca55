/** A cpio archive in the "newc" form, which the kernel unpacks as its first file system. */

import type { GuestFile } from './files.ts';

const MAGIC = '070701';
const HEADER = 110;
const align4 = (length: number): number => (length + 3) & ~3;

/** One entry: a header of hexadecimal fields, the name with its zero, the bytes, padded to four. */
const entry = (name: string, inode: number, { mode, bytes }: GuestFile): Buffer => {
  const title = `${name}\0`;
  const fields = [inode, mode, 0, 0, 1, 0, bytes.length, 0, 0, 0, 0, title.length, 0];
  const header = MAGIC + fields.map((field) => field.toString(16).padStart(8, '0')).join('');
  const start = align4(HEADER + title.length);
  const out = Buffer.alloc(start + align4(bytes.length));
  out.write(header + title, 'latin1');
  out.set(bytes, start);
  return out;
};

/** Files by their path without a leading slash, folders before what they hold. */
export const archive = (files: ReadonlyMap<string, GuestFile>): Buffer =>
  Buffer.concat([
    ...[...files].map(([name, file], index) => entry(name, index + 1, file)),
    entry('TRAILER!!!', 0, { mode: 0, bytes: new Uint8Array(0) }),
  ]);
