/** The kernel's error numbers as errors, with its own sentence and what it blames. */

import { closed, permission, timeout, unsupported } from '@liquid/types';
import type { NetlinkError } from './errors.js';
import type { ErrorMessage } from './extended-ack.js';
import { ERRNO, nameOfErrno } from './internal/errno.js';

/**
 * The error for a negative error number: `Permission` for EPERM, which wants a capability, and for
 * EACCES, which is a rule's word as a prohibiting route's; `Unsupported` for EOPNOTSUPP and its kin, `Overrun` for ENOBUFS, `Timeout` for EAGAIN (no answer was there), `Closed`
 * for EBADF, which is what a closed socket gives, and `KernelRefusal` with the kernel's sentence for
 * all others.
 *
 * @param what - the subject of the sentence, as in `SUBFLOW_CREATE`
 * @param code - the negative error number; its sign is not looked at
 * @param answer - the acknowledgement, where there was one
 * @example
 * ```ts
 * import { emptyErrorMessage, netlinkError } from '@liquid/netlink'
 *
 * const answer = { ...emptyErrorMessage(), text: 'invalid token' }
 * console.log(netlinkError('SUBFLOW_CREATE', -22, answer).message)
 * // SUBFLOW_CREATE: EINVAL: invalid token
 * ```
 * @since 0.1.0
 */
export const netlinkError = (
  what: string,
  code: number,
  answer?: Pick<ErrorMessage, 'text' | 'offset' | 'missingType'>,
): NetlinkError => {
  const errno = Math.abs(code);
  const name = nameOfErrno(errno);
  const text = answer?.text;
  const said = text === undefined ? '' : `: ${text}`;
  switch (errno) {
    case ERRNO.EACCES:
      return permission({
        errno,
        code: name,
        message: `${what}: ${name}${said}: a rule of this host forbids it`,
        remedy:
          'No capability helps: look for a route that prohibits it (ip route get), or a security module that does.',
      });
    case ERRNO.EPERM:
      return permission({
        expected: 'CAP_NET_ADMIN',
        errno,
        code: name,
        message: `${what}: ${name}${said}: needs CAP_NET_ADMIN`,
        remedy: 'Run it as root, or with CAP_NET_ADMIN in the network namespace.',
      });
    case ERRNO.EOPNOTSUPP:
    case ERRNO.EPROTONOSUPPORT:
    case ERRNO.EAFNOSUPPORT:
    case ERRNO.ENOSYS:
      return unsupported({
        errno,
        code: name,
        message: `${what}: ${name}${said}: this kernel does not support it`,
        remedy: 'Use a kernel that has it, or load the module that brings it.',
      });
    case ERRNO.ENOBUFS:
      return {
        _tag: 'Overrun',
        message: `${what}: ${name}: messages were lost`,
        remedy: 'Read anew what you know from them; a larger receiveBufferBytes makes it rarer.',
        errno,
        code: name,
      };
    case ERRNO.EAGAIN:
      return timeout({ errno, code: name, message: `${what}: ${name}: no answer yet` });
    case ERRNO.EBADF:
      return closed({ what, errno, code: name });
    default:
      return {
        _tag: 'KernelRefusal',
        message: `${what}: ${name}${said}`,
        errno,
        code: name,
        ...(text === undefined ? {} : { kernelText: text }),
        ...(answer?.offset === undefined ? {} : { offset: answer.offset }),
        ...(answer?.missingType === undefined ? {} : { missingType: answer.missingType }),
      };
  }
};
