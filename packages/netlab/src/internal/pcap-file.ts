/** A pcap file that is written beside its place and takes it only when it is whole. */

import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import { attempt, type LiquidError } from '@liquid/types';

const MAGIC_NANOSECONDS = 0xa1b23c4d;
const FILE_HEADER = 24;
const RECORD_HEADER = 16;
/** Written at once; big enough that the calls don't count, small enough to be soon on disk. */
const CHUNK_BYTES = 1 << 18;

export interface PcapFile {
  /** Adds a packet; its bytes are copied. */
  readonly add: (
    seconds: number,
    nanoseconds: number,
    memory: Uint8Array,
    offset: number,
    captured: number,
    length: number,
  ) => void;
  /** Writes what is buffered and puts the file in its place, or throws it away. */
  readonly close: (keep: boolean) => E.Either<LiquidError, void>;
  /** The first error; from then on nothing is written. */
  readonly failure: () => LiquidError | undefined;
}

/**
 * Opens a pcap file with nanosecond timestamps (draft-ietf-opsawg-pcap).
 *
 * @param path - where it is when closed
 * @param partial - where it is until then, in the same folder
 * @param linkType - as in LINKTYPE_ETHERNET, 1
 */
export const openPcapFile = (
  path: string,
  partial: string,
  linkType: number,
  snapLength: number,
): E.Either<LiquidError, PcapFile> =>
  attempt(`writing ${path}`, () => {
    const fd = openSync(partial, 'wx', 0o644);
    // One packet more than a chunk always fits.
    const chunk = new Uint8Array(CHUNK_BYTES + RECORD_HEADER + snapLength);
    const view = new DataView(chunk.buffer);
    let used = FILE_HEADER;
    let failure: LiquidError | undefined;
    view.setUint32(0, MAGIC_NANOSECONDS, true);
    view.setUint16(4, 2, true);
    view.setUint16(6, 4, true);
    view.setUint32(16, snapLength, true);
    view.setUint32(20, linkType, true);

    const flush = (): void => {
      const written = attempt(`writing ${path}`, () => {
        for (let at = 0; at < used; ) at += writeSync(fd, chunk, at, used - at);
      });
      used = 0;
      if (E.isLeft(written)) failure ??= written.left;
    };
    return {
      add: (seconds, nanoseconds, memory, offset, captured, length) => {
        if (failure !== undefined) return;
        view.setUint32(used, seconds, true);
        view.setUint32(used + 4, nanoseconds, true);
        view.setUint32(used + 8, captured, true);
        view.setUint32(used + 12, length, true);
        chunk.set(memory.subarray(offset, offset + captured), used + RECORD_HEADER);
        used += RECORD_HEADER + captured;
        if (used >= CHUNK_BYTES) flush();
      },
      close: (keep) => {
        if (keep && failure === undefined) flush();
        closeSync(fd);
        if (keep && failure === undefined) {
          return attempt(`writing ${path}`, () => renameSync(partial, path));
        }
        rmSync(partial, { force: true });
        return failure === undefined ? E.right(undefined) : E.left(failure);
      },
      failure: () => failure,
    };
  });
