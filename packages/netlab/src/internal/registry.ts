/** What exists only in names and files of `/run`: whose labs there are, and which files they write. */

import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { uptime } from 'node:os';
import { join, resolve } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { decodeJson, fromUnknown, io, type LiquidError, permission } from '@liquid/types';
import { type Owner, parseNamespaceName, printLabId } from '../names.js';
import { readOwner } from '../owner.js';
import { exact, integerIn } from './codec.js';

/**
 * Beside `/run/netns`, whose names it complements: one place that every sweeper knows, whatever the
 * environment of whoever was killed. Only root may write there, for a sweeper deletes what it names.
 */
const DIRECTORY = '/run/liquid-netlab';

/** Format of an entry; a later one that can't be read by this version gets another number. */
const VERSION = 1;

interface FileEntry {
  readonly version: number;
  /** Absolute path of a file that is not finished. */
  readonly partial: string;
}

const FileEntry = exact<FileEntry>('entry', {
  required: { version: integerIn(VERSION, VERSION, `${VERSION}`), partial: t.string },
});

/** An entry: `<lab id>-lab` claims an id, `<lab id>-file` names an unfinished file. */
export interface RegistryEntry {
  readonly owner: Owner;
  readonly path: string;
  /** The unfinished file, where the entry names one that really is its owner's. */
  readonly partial: string | undefined;
  /** It was made before this machine last booted, so its owner can't run. */
  readonly beforeBoot: boolean;
}

/** Clocks are set now and then; a real reboot takes longer than this to leave anything behind. */
const BOOT_MARGIN_MS = 60_000;

/** Something registered; `release` forgets it. */
export interface Claim {
  readonly id: string;
  readonly release: () => void;
}

const isOurs = (path: string): boolean => {
  const info = lstatSync(path);
  return info.isDirectory() && info.uid === process.geteuid?.() && (info.mode & 0o022) === 0;
};

const openDirectory = (): E.Either<LiquidError, string> => {
  try {
    mkdirSync(DIRECTORY, { recursive: true, mode: 0o700 });
    if (isOurs(DIRECTORY)) return E.right(DIRECTORY);
    const remedy = `Remove ${DIRECTORY}; it will be made anew.`;
    const expected = 'a directory that only its owner writes to';
    return E.left(permission({ what: 'using', path: DIRECTORY, expected, remedy }));
  } catch (caught) {
    return E.left(fromUnknown(`making ${DIRECTORY}`)(caught));
  }
};

/** As many labs and files as one process may have made before it must be told to stop. */
const MAX_CLAIMS = 1_000_000;

// Shared by all copies of this module in the process: ESM, CJS, different versions.
const COUNTER = Symbol.for('@liquid/netlab/claims');

const nextNumber = (): number => {
  const shared = globalThis as { [COUNTER]?: number };
  const number = shared[COUNTER] ?? 0;
  shared[COUNTER] = number + 1;
  return number;
};

const claim = (
  kind: 'lab' | 'file',
  content: (id: string) => string,
): E.Either<LiquidError, Claim> => {
  const directory = openDirectory();
  if (E.isLeft(directory)) return directory;
  const owner = readOwner();
  if (owner === undefined) {
    const remedy = 'Mount proc: mount -t proc proc /proc';
    return E.left(io({ what: 'reading', path: `/proc/${process.pid}/stat`, remedy }));
  }
  for (let number = nextNumber(); number < MAX_CLAIMS; number = nextNumber()) {
    const id = printLabId(owner, number);
    const path = join(directory.right, `${id}-${kind}`);
    try {
      // Worker threads have counters of their own: whoever makes the file has the number.
      const fd = openSync(path, 'wx', 0o600);
      writeSync(fd, content(id));
      closeSync(fd);
      return E.right({ id, release: () => rmSync(path, { force: true }) });
    } catch (caught) {
      const error = fromUnknown(`making ${path}`)(caught);
      if (error._tag !== 'Conflict') return E.left(error);
    }
  }
  return E.left(io({ what: 'naming a lab', message: 'no number is left for a new lab' }));
};

/** Takes an id that no other lab has. */
export const claimLab = (): E.Either<LiquidError, Claim> =>
  claim('lab', () => JSON.stringify({ version: VERSION }));

const partialName = (path: string, id: string): string => `${path}.${id}.partial`;

/** Takes a name, beside `path`, for a file that is not finished; a sweeper removes it. */
export const claimFile = (
  path: string,
): E.Either<LiquidError, Claim & { readonly partial: string }> => {
  const absolute = resolve(path);
  const made = claim('file', (id) =>
    JSON.stringify({ version: VERSION, partial: partialName(absolute, id) }),
  );
  return E.isLeft(made)
    ? made
    : E.right({ ...made.right, partial: partialName(absolute, made.right.id) });
};

const readPartial = (path: string, id: string): string | undefined => {
  const entry = decodeJson(FileEntry)(readFileSync(path, 'utf8'));
  // Only a name that the owner can have given: an entry is never a licence to delete other files.
  return E.isRight(entry) && entry.right.partial.endsWith(`.${id}.partial`)
    ? entry.right.partial
    : undefined;
};

/** Everything registered, by whomever. */
export const listRegistry = (): ReadonlyArray<RegistryEntry> => {
  try {
    if (!isOurs(DIRECTORY)) return [];
    return readdirSync(DIRECTORY).flatMap((file) => {
      const parsed = parseNamespaceName(file);
      if (E.isLeft(parsed)) return [];
      const { owner, lab, node } = parsed.right;
      const path = join(DIRECTORY, file);
      const partial = node === 'file' ? readPartial(path, printLabId(owner, lab)) : undefined;
      const booted = Date.now() - uptime() * 1000 - BOOT_MARGIN_MS;
      return [{ owner, path, partial, beforeBoot: lstatSync(path).mtimeMs < booted }];
    });
  } catch {
    // No directory, no entries; and one that vanishes meanwhile is another sweeper's.
    return [];
  }
};
