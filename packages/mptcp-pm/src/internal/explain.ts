/** Finds out more about a refusal than the kernel said: whether MPTCP is off, or the peer has none. */

import {
  emptyDiagRow,
  IPPROTO,
  MessageWriter,
  type NetlinkSocket,
  readDiagInto,
  writeDiagToken,
} from '@liquid/netlink';
import { type PmError, type RefusalContext, toPmError } from '../error.js';
import type { Action } from '../policy.js';
import { MPTCP_SYSCTLS, mptcpEnabled, readSysctls } from './sysctl.js';

/** `MPTCP_INFO_FLAG_FALLBACK` of linux/mptcp.h. */
const FALLBACK = 1;

/** Whether the connection speaks plain TCP; undefined where the kernel doesn't tell. */
const fellBack = (diag: NetlinkSocket, token: number): boolean | undefined => {
  const row = emptyDiagRow();
  let found: boolean | undefined;
  diag.call(writeDiagToken(new MessageWriter(), token), (message) => {
    if (readDiagInto(message, row, IPPROTO.MPTCP) && row.mptcp.token === token) {
      found = (row.mptcp.flags & FALLBACK) !== 0;
    }
  });
  return found;
};

const UNCLEAR: ReadonlyArray<PmError['_tag']> = ['UnknownToken', 'ConnectionClosing'];

/** The error with what the namespace's settings and the connection itself say about it. */
export const explain = async (
  error: PmError,
  action: Action,
  diag: NetlinkSocket,
  namespace: string | undefined,
): Promise<PmError> => {
  if (!UNCLEAR.includes(error._tag) || !('errno' in error)) return error;
  const { errno = 0, code = '' } = error;
  const kernelText = 'kernelText' in error ? error.kernelText : undefined;
  const context: RefusalContext = {
    command: error.message.slice(0, error.message.indexOf(':')),
    token: action.token,
    fallback: fellBack(diag, action.token),
    enabled: mptcpEnabled(await readSysctls(namespace, MPTCP_SYSCTLS)),
  };
  return toPmError(
    {
      _tag: 'KernelRefusal',
      message: error.message,
      errno,
      code,
      ...(kernelText === undefined ? {} : { kernelText }),
    },
    context,
  );
};
