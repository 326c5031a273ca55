/** Finds out more about a refusal than the kernel said: whether MPTCP is off, the peer has none, or how far the connection is. */

import {
  emptyDiagRow,
  IPPROTO,
  MessageWriter,
  MPTCP_INFO_FLAG,
  type NetlinkSocket,
  readDiagInto,
  writeDiagToken,
} from '@liquid/netlink';
import { type PmError, type RefusalContext, toPmError } from '../error.js';
import type { Action } from '../policy.js';
import { MPTCP_SYSCTLS, mptcpEnabled, readSysctls } from './sysctl.js';

/** What the connection's own socket shows; nothing where the kernel doesn't tell. */
const lookUp = (diag: NetlinkSocket, token: number): Pick<RefusalContext, 'fallback' | 'state'> => {
  const row = emptyDiagRow();
  let found: Pick<RefusalContext, 'fallback' | 'state'> = {};
  diag.call(writeDiagToken(new MessageWriter(), token), (message) => {
    if (readDiagInto(message, row, IPPROTO.MPTCP) && row.mptcp.token === token) {
      const fallback = (row.mptcp.flags & MPTCP_INFO_FLAG.FALLBACK) !== 0;
      found = { fallback, state: row.state };
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
    ...lookUp(diag, action.token),
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
