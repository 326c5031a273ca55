/** What the kernel says of a request: NLMSG_ERROR and the attributes of the extended acknowledgement. */

import { AttributeCursor } from './attribute.js';
import { type AttributePolicy, readAttributePolicy } from './attribute-policy.js';
import { HOST_LITTLE } from './host-order.js';
import { align4, type MessageCursor, NLM_F, NLMSG, NLMSG_HEADER } from './message.js';

/** Attributes of an extended acknowledgement (`NLMSGERR_ATTR_*` of linux/netlink.h). @since 0.1.0 */
export const NLMSGERR_ATTR = {
  /** The kernel's own sentence. */
  MSG: 1,
  /** Offset in the request of the attribute that it blames. */
  OFFS: 2,
  /** Up to 20 bytes that the family defines. */
  COOKIE: 3,
  /** What would have been accepted there, see {@link AttributePolicy}. */
  POLICY: 4,
  /** Type of an attribute that the request lacks. */
  MISS_TYPE: 5,
  /** Offset in the request of the nest that lacks it; none: the message itself. */
  MISS_NEST: 6,
} as const;

/**
 * An NLMSG_ERROR (or the end of a dump) as read; mutable, so that one object serves every
 * acknowledgement of a socket. Made by {@link emptyErrorMessage}, filled by {@link readErrorMessage}.
 *
 * @since 0.1.0
 */
export interface ErrorMessage {
  /** 0 for an acknowledgement, or the negative error number. */
  error: number;
  /** Sequence number of the request, as the quoted header has it; that of the message for a DONE. */
  sequence: number;
  /** Message type of the request, as the quoted header has it; 0 for a DONE. */
  requestType: number;
  /** The kernel's sentence; it may come with a success too, as a warning. */
  text: string | undefined;
  /** Offset in the request of the attribute that it blames. */
  offset: number | undefined;
  /** Type of an attribute that the request lacks. */
  missingType: number | undefined;
  /** Offset in the request of the nest that lacks {@link missingType}. */
  missingNest: number | undefined;
  /** A copy. */
  cookie: Uint8Array | undefined;
  /** What would have been accepted at {@link offset}. */
  policy: AttributePolicy | undefined;
}

/** An {@link ErrorMessage} to be filled. @since 0.1.0 */
export const emptyErrorMessage = (): ErrorMessage => ({
  error: 0,
  sequence: 0,
  requestType: 0,
  text: undefined,
  offset: undefined,
  missingType: undefined,
  missingNest: undefined,
  cookie: undefined,
  policy: undefined,
});

const attributes = /* @__PURE__ */ new AttributeCursor();
const nested = /* @__PURE__ */ new AttributeCursor();

const readAttributes = (message: MessageCursor, from: number, into: ErrorMessage): void => {
  attributes.reset(message.source, from, message.end);
  while (attributes.next()) {
    switch (attributes.type) {
      case NLMSGERR_ATTR.MSG:
        into.text = attributes.readString();
        break;
      case NLMSGERR_ATTR.OFFS:
        into.offset = attributes.readU32();
        break;
      case NLMSGERR_ATTR.COOKIE:
        into.cookie = attributes.copyBytes();
        break;
      case NLMSGERR_ATTR.POLICY:
        nested.enter(attributes);
        into.policy = readAttributePolicy(nested);
        break;
      case NLMSGERR_ATTR.MISS_TYPE:
        into.missingType = attributes.readU32();
        break;
      case NLMSGERR_ATTR.MISS_NEST:
        into.missingNest = attributes.readU32();
        break;
    }
  }
};

/**
 * Reads an NLMSG_ERROR, or an NLMSG_DONE with its result, into `into`; every field is set. Allocates
 * nothing for an acknowledgement without attributes. Attributes that contradict their lengths are
 * left out: the error number itself still counts.
 *
 * @example
 * ```ts
 * import { emptyErrorMessage, MessageCursor, readErrorMessage, sourceOf } from '@liquid/netlink'
 *
 * const cursor = new MessageCursor()
 * // length 36, type ERROR, sequence 7, error −1, and the quoted header of request 7 of type 16
 * const ack = new Uint8Array(36)
 * new DataView(ack.buffer).setUint32(0, 36, true)
 * ack.set([2, 0], 4)
 * ack.set([0xff, 0xff, 0xff, 0xff], 16)
 * ack.set([16, 0, 0, 0, 16, 0, 1, 0, 7], 20)
 * cursor.reset(sourceOf(ack), ack.length)
 * const answer = emptyErrorMessage()
 * if (cursor.next() && readErrorMessage(cursor, answer)) {
 *   console.log(answer.error, answer.sequence) // -1 7
 * }
 * ```
 * @returns false when the message is neither, or too short for its error number
 * @since 0.1.0
 */
export const readErrorMessage = (message: MessageCursor, into: ErrorMessage): boolean => {
  const done = message.type === NLMSG.DONE;
  if (!done && message.type !== NLMSG.ERROR) return false;
  into.text = undefined;
  into.offset = undefined;
  into.missingType = undefined;
  into.missingNest = undefined;
  into.cookie = undefined;
  into.policy = undefined;
  into.sequence = message.sequence;
  into.requestType = 0;
  into.error = 0;
  const { view } = message.source;
  const at = message.payload;
  const left = message.end - at;
  if (left < 4) return false;
  into.error = view.getInt32(at, HOST_LITTLE);
  if (done) {
    // Some dumps end with a number above zero that means nothing to the caller.
    if (into.error > 0) into.error = 0;
    if ((message.flags & NLM_F.ACK_TLVS) !== 0) readAttributes(message, at + 4, into);
    return true;
  }
  const quoted = at + 4;
  // A kernel always quotes the header; what is shorter came from elsewhere, yet its number stands.
  if (left < 4 + NLMSG_HEADER) return true;
  into.requestType = view.getUint16(quoted + 4, HOST_LITTLE);
  into.sequence = view.getUint32(quoted + 8, HOST_LITTLE);
  if ((message.flags & NLM_F.ACK_TLVS) === 0) return true;
  const capped = (message.flags & NLM_F.CAPPED) !== 0;
  const quotedLength = capped ? NLMSG_HEADER : view.getUint32(quoted, HOST_LITTLE);
  if (quotedLength < NLMSG_HEADER || quotedLength > message.end - quoted) return true;
  readAttributes(message, quoted + align4(quotedLength), into);
  return true;
};
