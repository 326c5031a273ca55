/** The netlink message: a header of 16 bytes in host order, then a payload, padded to four bytes. */

import { HOST_LITTLE } from './host-order.js';

/** Bytes of `struct nlmsghdr`. @since 0.1.0 */
export const NLMSG_HEADER = 16;

/** Message types below the families' own (`NLMSG_*` of linux/netlink.h). @since 0.1.0 */
export const NLMSG = { NOOP: 1, ERROR: 2, DONE: 3, OVERRUN: 4, MIN_TYPE: 16 } as const;

/** Flags of a message's header (`NLM_F_*` of linux/netlink.h). @since 0.1.0 */
export const NLM_F = {
  REQUEST: 1,
  MULTI: 2,
  ACK: 4,
  ECHO: 8,
  /** The kernel's data changed while it was dumped: the dump may be inconsistent. */
  DUMP_INTR: 0x10,
  /** ROOT and MATCH: all entries. */
  DUMP: 0x300,
  /** Of a new-request: the entry must not exist. */
  EXCL: 0x200,
  REPLACE: 0x100,
  CREATE: 0x400,
  APPEND: 0x800,
  /** Of an ERROR: the request that it quotes is cut to its header. */
  CAPPED: 0x100,
  /** Of an ERROR or DONE: attributes of the extended acknowledgement follow. */
  ACK_TLVS: 0x200,
} as const;

/** Netlink families: the `protocol` of a netlink socket. @since 0.1.0 */
export const NETLINK = { ROUTE: 0, SOCK_DIAG: 4, NETFILTER: 12, GENERIC: 16 } as const;

/** The next multiple of four: where the next message or attribute begins. */
export const align4 = (length: number): number => (length + 3) & ~3;

/**
 * Bytes together with the view that reads numbers from them; made once for a buffer that is used
 * often, so that decoding allocates nothing.
 *
 * @since 0.1.0
 */
export interface Source {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** A {@link Source} of bytes; borrowed, not copied. @since 0.1.0 */
export const sourceOf = (bytes: Uint8Array): Source => ({
  bytes,
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
});

/**
 * Walks the messages of one datagram. It is moved, not made, per message: `reset`, then `next` until
 * it says false, and read the fields in between. Nothing is read beyond the datagram, whatever
 * lengths it claims.
 *
 * @example
 * ```ts
 * import { MessageCursor, MessageWriter, NLMSG, sourceOf } from '@liquid/netlink'
 *
 * const writer = new MessageWriter()
 * writer.begin(NLMSG.DONE, 0, 7)
 * const datagram = sourceOf(writer.finish())
 * const cursor = new MessageCursor()
 * cursor.reset(datagram, datagram.bytes.length)
 * while (cursor.next()) console.log(cursor.type, cursor.sequence) // 3 7
 * ```
 * @since 0.1.0
 */
export class MessageCursor {
  /** The datagram; borrowed. */
  source: Source = EMPTY;
  /** `nlmsg_type`. */
  type = 0;
  /** `nlmsg_flags`, see {@link NLM_F}. */
  flags = 0;
  /** `nlmsg_seq`: the request that it answers, 0 for a multicast. */
  sequence = 0;
  /** `nlmsg_pid`: port id of the socket that it answers. */
  portId = 0;
  /** Where the header begins. */
  start = 0;
  /** Where the payload begins. */
  payload = 0;
  /** One past the payload's last byte. */
  end = 0;
  /** Offset of the first header that contradicts the datagram's length, or −1. */
  malformedAt = -1;
  #next = 0;
  #limit = 0;

  /** Begins a datagram of `length` bytes at the source's start. */
  reset(source: Source, length: number): void {
    this.source = source;
    this.malformedAt = -1;
    this.#next = 0;
    this.#limit = Math.min(length, source.bytes.length);
  }

  /** Moves to the next message; false at the end, or where the rest is malformed. */
  next(): boolean {
    const at = this.#next;
    const left = this.#limit - at;
    if (left < NLMSG_HEADER) {
      if (left > 0) this.malformedAt = at;
      return false;
    }
    const { view } = this.source;
    const length = view.getUint32(at, HOST_LITTLE);
    if (length < NLMSG_HEADER || length > left) {
      this.malformedAt = at;
      return false;
    }
    this.start = at;
    this.payload = at + NLMSG_HEADER;
    this.end = at + length;
    this.type = view.getUint16(at + 4, HOST_LITTLE);
    this.flags = view.getUint16(at + 6, HOST_LITTLE);
    this.sequence = view.getUint32(at + 8, HOST_LITTLE);
    this.portId = view.getUint32(at + 12, HOST_LITTLE);
    // The last message of a datagram may lack its padding.
    this.#next = Math.min(this.#limit, at + align4(length));
    return true;
  }
}

const EMPTY: Source = { bytes: new Uint8Array(0), view: new DataView(new ArrayBuffer(0)) };
