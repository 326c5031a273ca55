/** Reads and writes a socket's message in its rich form. */

import { ipAddressFromBytes, ipAddressToBytes } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { readAttributes } from './attribute-set.js';
import type { NetlinkError } from './errors.js';
import { HOST_LITTLE } from './host-order.js';
import { familyOf } from './internal/address-family.js';
import type { MessageCursor } from './message.js';
import { AF, INET_DIAG_MSG_BYTES, IPPROTO, SOCK_DIAG } from './sock-diag.js';
import { attributesOf } from './sock-diag-attributes.js';
import type { SocketDiag } from './socket-diag.js';
import type { MessageWriter } from './writer.js';

const WHAT = 'inet_diag message';

/**
 * Reads a socket's message. Unknown attributes are kept, structs may be longer or shorter than those
 * known here. Left `Decode` where the message contradicts itself.
 *
 * @param protocol - what was asked for, `IPPROTO.TCP` unless given: it decides what INFO means
 * @since 0.1.0
 */
export const readDiag = (
  message: MessageCursor,
  protocol: number = IPPROTO.TCP,
): E.Either<NetlinkError, SocketDiag> => {
  const attributes = readAttributes(message, WHAT, INET_DIAG_MSG_BYTES, attributesOf(protocol));
  if (E.isLeft(attributes)) return attributes;
  const { padding: _, ...known } = attributes.right;
  const at = message.payload;
  const { bytes, view } = message.source;
  const length = view.getUint8(at) === AF.INET6 ? 16 : 4;
  const local = ipAddressFromBytes(bytes.subarray(at + 8, at + 8 + length));
  const remote = ipAddressFromBytes(bytes.subarray(at + 24, at + 24 + length));
  if (E.isLeft(local)) return local;
  if (E.isLeft(remote)) return remote;
  return E.right({
    protocol,
    state: view.getUint8(at + 1),
    timer: view.getUint8(at + 2),
    retransmits: view.getUint8(at + 3),
    id: {
      local: local.right,
      localPort: view.getUint16(at + 4, false),
      remote: remote.right,
      remotePort: view.getUint16(at + 6, false),
      interfaceIndex: view.getUint32(at + 40, HOST_LITTLE),
      cookie:
        (BigInt(view.getUint32(at + 48, HOST_LITTLE)) << 32n) |
        BigInt(view.getUint32(at + 44, HOST_LITTLE)),
    },
    expiresMs: view.getUint32(at + 52, HOST_LITTLE),
    receiveQueueBytes: view.getUint32(at + 56, HOST_LITTLE),
    sendQueueBytes: view.getUint32(at + 60, HOST_LITTLE),
    uid: view.getUint32(at + 64, HOST_LITTLE),
    inode: view.getUint32(at + 68, HOST_LITTLE),
    ...known,
  });
};

/** Writes a socket's message, as a scripted kernel does. @since 0.1.0 */
export const writeDiag = (
  writer: MessageWriter,
  socket: SocketDiag,
  flags: number = 0,
): MessageWriter => {
  writer.begin(SOCK_DIAG.BY_FAMILY, flags);
  const at = writer.raw(INET_DIAG_MSG_BYTES);
  const { view, bytes } = writer;
  const { id } = socket;
  bytes.set([familyOf(id.local), socket.state, socket.timer, socket.retransmits], at);
  view.setUint16(at + 4, id.localPort, false);
  view.setUint16(at + 6, id.remotePort, false);
  bytes.set(ipAddressToBytes(id.local), at + 8);
  bytes.set(ipAddressToBytes(id.remote), at + 24);
  view.setUint32(at + 40, id.interfaceIndex, HOST_LITTLE);
  view.setUint32(at + 44, Number(id.cookie & 0xffffffffn), HOST_LITTLE);
  view.setUint32(at + 48, Number(id.cookie >> 32n), HOST_LITTLE);
  view.setUint32(at + 52, socket.expiresMs, HOST_LITTLE);
  view.setUint32(at + 56, socket.receiveQueueBytes, HOST_LITTLE);
  view.setUint32(at + 60, socket.sendQueueBytes, HOST_LITTLE);
  view.setUint32(at + 64, socket.uid, HOST_LITTLE);
  view.setUint32(at + 68, socket.inode, HOST_LITTLE);
  attributesOf(socket.protocol).write(writer, socket);
  return writer;
};
