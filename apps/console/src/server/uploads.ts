/** Files that a page sent: kept in a folder of the server, known by names that are no paths. */

import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fromUnknown, limitExceeded } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { Upload } from '../api.js';
import { streamBody } from './body.js';
import type { Limits } from './limits.js';
import { type Refused, refused } from './refusal.js';

/** Octets of a file's name: what file systems take, with room for more. */
const NAME_OCTETS = 120;

/**
 * A name that is safe as a file's and as an argument: the last part of a path, letters, digits and a
 * few signs, neither hidden nor a flag. Keeps the ending, by which scenarios may tell formats apart.
 */
export const sanitiseName = (name: string): string => {
  const base = name.slice(-1024).split(/[\\/]/).pop() ?? '';
  const safe = base
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{N}._+@=,() -]/gu, '_')
    .replaceAll(/\s+/gu, ' ')
    .replace(/^[.\-\s]+/u, '')
    .trim();
  const dot = safe.lastIndexOf('.');
  const [stem, ending] =
    dot > 0 && safe.length - dot <= 16 ? [safe.slice(0, dot), safe.slice(dot)] : [safe, ''];
  let short = stem;
  while (Buffer.byteLength(short + ending) > NAME_OCTETS) short = [...short].slice(0, -1).join('');
  return short + ending === '' ? 'file' : short + ending;
};

/** Where uploads are. */
export interface Uploads {
  /** Takes a body as a file. */
  readonly receive: (
    name: string,
    body: Readable,
    declared: string | undefined,
  ) => Promise<E.Either<Refused, Upload>>;
  readonly find: (file: string) => Upload | undefined;
  /** Gives the file a second name in a run's folder; it stays there when the upload goes. */
  readonly place: (upload: Upload, path: string) => Promise<void>;
  readonly stats: () => { readonly files: number; readonly octets: number };
}

/** Uploads below `folder`, each in a folder of its own. */
export const createUploads = (folder: string, limits: Limits): Uploads => {
  // In the order in which they came.
  const kept = new Map<string, Upload>();
  let receiving = 0;
  const pathOf = ({ file }: Upload): string => join(folder, file);
  const octets = (): number => [...kept.values()].reduce((sum, { size }) => sum + size, 0);
  const makeRoom = async (): Promise<void> => {
    for (const upload of kept.values()) {
      if (octets() <= limits.uploadsOctets) return;
      kept.delete(upload.file);
      await rm(join(pathOf(upload), '..'), { recursive: true, force: true });
    }
  };
  const write = async (
    upload: Upload,
    body: Readable,
    declared: string | undefined,
  ): Promise<E.Either<Refused, number>> => {
    await mkdir(join(pathOf(upload), '..'), { recursive: true, mode: 0o700 });
    const handle = await open(pathOf(upload), 'wx', 0o600);
    try {
      return await streamBody(body, declared, limits.uploadOctets, async (chunk) => {
        await handle.writeFile(chunk);
      });
    } finally {
      await handle.close();
    }
  };
  return {
    receive: async (name, body, declared) => {
      if (receiving >= limits.uploadsAtOnce) {
        const { uploadsAtOnce } = limits;
        const message = `${uploadsAtOnce} files are being received already`;
        const remedy = 'wait for one of them';
        const error = limitExceeded({ message, expected: uploadsAtOnce, actual: 'more', remedy });
        return E.left(refused(429, error));
      }
      receiving++;
      const safe = sanitiseName(name);
      const wanted: Upload = {
        file: `${randomBytes(8).toString('hex')}/${safe}`,
        name: safe,
        size: 0,
      };
      try {
        const size = await write(wanted, body, declared);
        if (E.isRight(size)) {
          const upload = { ...wanted, size: size.right };
          kept.set(upload.file, upload);
          await makeRoom();
          return E.right(upload);
        }
        await rm(join(pathOf(wanted), '..'), { recursive: true, force: true });
        return size;
      } catch (error) {
        await rm(join(pathOf(wanted), '..'), { recursive: true, force: true });
        return E.left(refused(503, fromUnknown('keeping the file')(error)));
      } finally {
        receiving--;
      }
    },
    find: (file) => kept.get(file),
    place: (upload, path) => link(pathOf(upload), path),
    stats: () => ({ files: kept.size, octets: octets() }),
  };
};
