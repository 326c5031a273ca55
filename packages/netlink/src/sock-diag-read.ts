/** Reads a socket's message into a row, with nothing allocated: what polling thousands of sockets stands on. */

import { AttributeCursor } from './attribute.js';
import { HOST_LITTLE } from './host-order.js';
import type { MessageCursor, Source } from './message.js';
import { readMptcpInfoInto } from './mptcp-info.js';
import {
  INET_DIAG,
  INET_DIAG_MSG_BYTES,
  INET_ULP_INFO,
  IPPROTO,
  MPTCP_SUBFLOW_ATTR,
  SOCK_DIAG,
} from './sock-diag.js';
import type { DiagRow, SubflowRow } from './sock-diag-row.js';
import { readTcpInfoInto, readU64AsNumber } from './tcp-info.js';

const attributes = /* @__PURE__ */ new AttributeCursor();
const ulp = /* @__PURE__ */ new AttributeCursor();
const subflowAttributes = /* @__PURE__ */ new AttributeCursor();
const nothing: Source = { bytes: new Uint8Array(0), view: new DataView(new ArrayBuffer(0)) };

const clear = (row: DiagRow): void => {
  row.memReceiveBytes = 0;
  row.memSendQueuedBytes = 0;
  row.memForwardBytes = 0;
  row.memSendBytes = 0;
  row.skmem = false;
  row.receiveBufferBytes = 0;
  row.sendBufferBytes = 0;
  row.receiveAllocatedBytes = 0;
  row.sendAllocatedBytes = 0;
  row.forwardAllocatedBytes = 0;
  row.sendQueuedBytes = 0;
  row.optionMemoryBytes = 0;
  row.backlogBytes = 0;
  row.drops = 0;
  row.tos = 0;
  row.trafficClass = 0;
  row.shutdown = 0;
  row.mark = 0;
  row.classId = 0;
  row.cgroupId = 0;
  row.socketOptions = 0;
  row.v6Only = false;
  row.congestionStart = 0;
  row.congestionEnd = 0;
};

const clearSubflow = (subflow: SubflowRow): void => {
  subflow.present = false;
  subflow.tokenRemote = 0;
  subflow.tokenLocal = 0;
  subflow.relativeWriteSequence = 0;
  subflow.mapSequence = 0;
  subflow.mapSubflowSequence = 0;
  subflow.subflowSequenceOffset = 0;
  subflow.mapDataLength = 0;
  subflow.flags = 0;
  subflow.idRemote = 0;
  subflow.idLocal = 0;
};

/** Gives false where the nest contradicts itself. */
const readSubflow = (subflow: SubflowRow): boolean => {
  const list = subflowAttributes;
  subflow.present = true;
  while (list.next()) {
    switch (list.type) {
      case MPTCP_SUBFLOW_ATTR.TOKEN_REM:
        subflow.tokenRemote = list.readU32();
        break;
      case MPTCP_SUBFLOW_ATTR.TOKEN_LOC:
        subflow.tokenLocal = list.readU32();
        break;
      case MPTCP_SUBFLOW_ATTR.RELWRITE_SEQ:
        subflow.relativeWriteSequence = list.readU32();
        break;
      case MPTCP_SUBFLOW_ATTR.MAP_SEQ:
        if (list.length < 8) return false;
        subflow.mapSequence = readU64AsNumber(list.source.view, list.start);
        break;
      case MPTCP_SUBFLOW_ATTR.MAP_SFSEQ:
        subflow.mapSubflowSequence = list.readU32();
        break;
      case MPTCP_SUBFLOW_ATTR.SSN_OFFSET:
        subflow.subflowSequenceOffset = list.readU32();
        break;
      case MPTCP_SUBFLOW_ATTR.MAP_DATALEN:
        subflow.mapDataLength = list.readU16();
        break;
      case MPTCP_SUBFLOW_ATTR.FLAGS:
        subflow.flags = list.readU32();
        break;
      case MPTCP_SUBFLOW_ATTR.ID_REM:
        subflow.idRemote = list.readU8();
        break;
      case MPTCP_SUBFLOW_ATTR.ID_LOC:
        subflow.idLocal = list.readU8();
        break;
    }
  }
  return list.malformedAt < 0;
};

/** SKMEMINFO has grown over time: as many numbers as there are. */
const readMemory = (row: DiagRow): void => {
  const { view } = attributes.source;
  const at = attributes.start;
  const count = attributes.length >> 2;
  row.skmem = true;
  if (count > 0) row.receiveAllocatedBytes = view.getUint32(at, HOST_LITTLE);
  if (count > 1) row.receiveBufferBytes = view.getUint32(at + 4, HOST_LITTLE);
  if (count > 2) row.sendAllocatedBytes = view.getUint32(at + 8, HOST_LITTLE);
  if (count > 3) row.sendBufferBytes = view.getUint32(at + 12, HOST_LITTLE);
  if (count > 4) row.forwardAllocatedBytes = view.getUint32(at + 16, HOST_LITTLE);
  if (count > 5) row.sendQueuedBytes = view.getUint32(at + 20, HOST_LITTLE);
  if (count > 6) row.optionMemoryBytes = view.getUint32(at + 24, HOST_LITTLE);
  if (count > 7) row.backlogBytes = view.getUint32(at + 28, HOST_LITTLE);
  if (count > 8) row.drops = view.getUint32(at + 32, HOST_LITTLE);
};

const readAttribute = (row: DiagRow): boolean => {
  const { source, start, end } = attributes;
  switch (attributes.type) {
    case INET_DIAG.INFO:
      if (row.protocol === IPPROTO.MPTCP) readMptcpInfoInto(source, start, end, row.mptcp);
      else if (row.protocol === IPPROTO.TCP) readTcpInfoInto(source, start, end, row.tcp);
      return true;
    case INET_DIAG.SKMEMINFO:
      readMemory(row);
      return true;
    case INET_DIAG.MEMINFO:
      if (end - start < 16) return false;
      row.memReceiveBytes = source.view.getUint32(start, HOST_LITTLE);
      row.memSendQueuedBytes = source.view.getUint32(start + 4, HOST_LITTLE);
      row.memForwardBytes = source.view.getUint32(start + 8, HOST_LITTLE);
      row.memSendBytes = source.view.getUint32(start + 12, HOST_LITTLE);
      return true;
    case INET_DIAG.ULP_INFO:
      ulp.enter(attributes);
      while (ulp.next()) {
        if (ulp.type !== INET_ULP_INFO.MPTCP) continue;
        subflowAttributes.enter(ulp);
        if (!readSubflow(row.subflow)) return false;
      }
      return ulp.malformedAt < 0;
    case INET_DIAG.CONG:
      row.congestionStart = start;
      row.congestionEnd = end;
      return true;
    case INET_DIAG.TOS:
      row.tos = attributes.readU8();
      return true;
    case INET_DIAG.TCLASS:
      row.trafficClass = attributes.readU8();
      return true;
    case INET_DIAG.SHUTDOWN:
      row.shutdown = attributes.readU8();
      return true;
    case INET_DIAG.MARK:
      row.mark = attributes.readU32();
      return true;
    case INET_DIAG.CLASS_ID:
      row.classId = attributes.readU32();
      return true;
    case INET_DIAG.CGROUP_ID:
      if (end - start < 8) return false;
      row.cgroupId = readU64AsNumber(source.view, start);
      return true;
    case INET_DIAG.SOCKOPT:
      if (end - start < 2) return false;
      row.socketOptions = source.view.getUint8(start) | (source.view.getUint8(start + 1) << 8);
      return true;
    case INET_DIAG.SKV6ONLY:
      row.v6Only = attributes.readU8() !== 0;
      return true;
    default:
      return true;
  }
};

/**
 * Reads a socket's message into `row`; every field is set, nothing is allocated. Unknown attributes
 * are passed over, structs may be longer or shorter than those known here.
 *
 * @param protocol - what was asked for, `IPPROTO.TCP` unless given: it decides what INFO means
 * @returns false when it is another message, or one that contradicts itself
 * @since 0.1.0
 */
export const readDiagInto = (
  message: MessageCursor,
  row: DiagRow,
  protocol: number = IPPROTO.TCP,
): boolean => {
  const at = message.payload;
  if (message.type !== SOCK_DIAG.BY_FAMILY && message.type !== SOCK_DIAG.DESTROY) return false;
  if (message.end - at < INET_DIAG_MSG_BYTES) return false;
  const { source } = message;
  const { bytes, view } = source;
  row.source = source;
  row.protocol = protocol;
  row.family = view.getUint8(at);
  row.state = view.getUint8(at + 1);
  row.timer = view.getUint8(at + 2);
  row.retransmits = view.getUint8(at + 3);
  row.localPort = view.getUint16(at + 4, false);
  row.remotePort = view.getUint16(at + 6, false);
  const { localAddress, remoteAddress } = row;
  for (let i = 0; i < 16; i++) {
    localAddress[i] = bytes[at + 8 + i] as number;
    remoteAddress[i] = bytes[at + 24 + i] as number;
  }
  row.interfaceIndex = view.getUint32(at + 40, HOST_LITTLE);
  row.cookieLow = view.getUint32(at + 44, HOST_LITTLE);
  row.cookieHigh = view.getUint32(at + 48, HOST_LITTLE);
  row.expiresMs = view.getUint32(at + 52, HOST_LITTLE);
  row.receiveQueueBytes = view.getUint32(at + 56, HOST_LITTLE);
  row.sendQueueBytes = view.getUint32(at + 60, HOST_LITTLE);
  row.uid = view.getUint32(at + 64, HOST_LITTLE);
  row.inode = view.getUint32(at + 68, HOST_LITTLE);
  clear(row);
  // What the last row left behind is taken away only where this one brings nothing.
  const hadTcp = row.tcp.lengthBytes !== 0;
  const hadMptcp = row.mptcp.lengthBytes !== 0;
  row.tcp.lengthBytes = -1;
  row.mptcp.lengthBytes = -1;
  const hadSubflow = row.subflow.present;
  row.subflow.present = false;
  if (hadSubflow) clearSubflow(row.subflow);
  attributes.reset(source, at + INET_DIAG_MSG_BYTES, message.end);
  let whole = true;
  while (whole && attributes.next()) whole = readAttribute(row);
  if (row.tcp.lengthBytes < 0) {
    if (hadTcp) readTcpInfoInto(nothing, 0, 0, row.tcp);
    else row.tcp.lengthBytes = 0;
  }
  if (row.mptcp.lengthBytes < 0) {
    if (hadMptcp) readMptcpInfoInto(nothing, 0, 0, row.mptcp);
    else row.mptcp.lengthBytes = 0;
  }
  return whole && attributes.malformedAt < 0;
};
