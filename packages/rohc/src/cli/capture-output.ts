/** The capture that a command writes: opened with the first packet, whose link type it takes, seen only when whole. */
import { type Tagged, unsupported } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { LINKTYPE_RAW, linkTypeName } from '../pcap/link-type.js';
import { type CaptureFile, type CaptureFileStats, openCaptureFile } from '../pcap/node.js';
import { linkHeaderInto, rohcLinkType } from '../pcap/rohc-frame.js';
import type { CapturedPacket } from './packets.js';
import type { Session } from './session.js';
import type { Settings } from './settings.js';

/** Room in front of a packet for the longest link header. */
export const LINK_ROOM = 20;

/** Where packets go. */
export class CaptureOutput {
  private readonly session: Session;
  private readonly path: string;
  private readonly settings: Settings;
  private file: CaptureFile | undefined;
  private linkType = LINKTYPE_RAW;
  private readonly frame = {
    interfaceId: 0,
    hasTimestamp: false,
    seconds: 0,
    nanoseconds: 0,
    originalLength: 0,
    bytes: new Uint8Array(0) as Uint8Array,
    start: 0,
    length: 0,
  };

  constructor(session: Session, path: string, settings: Settings) {
    this.session = session;
    this.path = path;
    this.settings = settings;
  }

  private async open(packet: CapturedPacket | undefined): Promise<Tagged | undefined> {
    const { raw, format } = this.settings;
    this.linkType = raw || packet === undefined ? LINKTYPE_RAW : linkTypeOf(packet);
    const opened = await openCaptureFile(this.session.target(this.path), {
      interfaces: [{ linkType: this.linkType }],
      format,
      resolution: packet?.nanoseconds === true ? 'nanoseconds' : 'microseconds',
    })();
    if (E.isLeft(opened)) return located(opened.left, this.path);
    this.file = opened.right;
    return undefined;
  }

  /** Whether {@link CaptureOutput.start} must be waited for before the first write. */
  get ready(): boolean {
    return this.file !== undefined;
  }

  /** Opens the capture in the form that `packet` came in. */
  start(packet: CapturedPacket): Promise<Tagged | undefined> {
    return this.open(packet);
  }

  /**
   * Writes `bytes[LINK_ROOM, LINK_ROOM + length)` with the link header and the time of `packet`. Zeros that stood in for
   * cut octets are left out again. A promise where the target must take what has collected.
   */
  write(
    packet: CapturedPacket,
    etherType: number,
    bytes: Uint8Array,
    length: number,
  ): Tagged | undefined | Promise<Tagged | undefined> {
    const { file, frame } = this;
    if (file === undefined) throw new Error('bug: the capture is not open');
    const { record } = packet;
    let header = 0;
    if (this.linkType !== LINKTYPE_RAW) {
      if (linkTypeOf(packet) !== this.linkType) return mixed(this.linkType, packet.linkType);
      header = linkHeaderInto(
        packet.linkType,
        record.bytes,
        record.start,
        record.length,
        etherType,
        linkHeader,
        0,
      );
      bytes.set(linkHeader.subarray(0, header), LINK_ROOM - header);
    } else if (!this.settings.raw && linkTypeOf(packet) !== LINKTYPE_RAW) {
      return mixed(this.linkType, packet.linkType);
    }
    let kept = length;
    while (kept > 0 && length - kept < packet.missing && bytes[LINK_ROOM + kept - 1] === 0) kept--;
    frame.bytes = bytes;
    frame.start = LINK_ROOM - header;
    frame.length = header + kept;
    frame.originalLength = header + length;
    frame.hasTimestamp = record.hasTimestamp;
    frame.seconds = record.seconds;
    frame.nanoseconds = record.nanoseconds;
    const code = file.writeFrame(frame);
    if (code < 0) return file.errorOf(code, frame);
    if (!file.full) return undefined;
    return file
      .flush()
      .then((flushed) => (E.isLeft(flushed) ? located(flushed.left, this.path) : undefined));
  }

  /** Everything is written: the capture takes its name. An input without packets gives an empty capture. */
  async finish(): Promise<E.Either<Tagged, CaptureFileStats>> {
    if (this.file === undefined) {
      const failed = await this.open(undefined);
      if (failed !== undefined) return E.left(failed);
    }
    const closed = await (this.file as CaptureFile).close();
    return E.isLeft(closed) ? E.left(located(closed.left, this.path)) : closed;
  }

  /** Leaves nothing behind. */
  async discard(): Promise<void> {
    await this.file?.discard();
  }
}

const linkHeader = new Uint8Array(LINK_ROOM);

const linkTypeOf = ({ linkType }: CapturedPacket): number => rohcLinkType(linkType) ?? LINKTYPE_RAW;

/** An error of writing, under the name that the person gave and not that of the file beside it. */
const located = (error: Tagged, path: string): Tagged => {
  const what = path === '-' ? 'standard output' : path;
  const code = 'code' in error ? error.code : undefined;
  if (error._tag === 'NotFound') {
    return {
      ...error,
      message: `${what}: its folder does not exist`,
      remedy: 'make the folder first',
    };
  }
  if (error._tag === 'Permission') {
    return { ...error, message: `${what}: writing is not permitted`, remedy: 'write elsewhere' };
  }
  if (code === 'EISDIR') {
    return { ...error, message: `${what} is a directory`, remedy: 'name a file in it' };
  }
  return { ...error, message: `${what}: ${error.message}` };
};

const mixed = (first: number, second: number): Tagged =>
  unsupported({
    what: 'a capture of several link types',
    expected: linkTypeName(first),
    actual: linkTypeName(second),
    remedy: 'write the packets without link headers: --raw',
  });
