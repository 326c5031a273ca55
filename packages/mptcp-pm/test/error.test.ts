/** What the kernel refuses comes as what it means, with its own words and the remedy. */
import type { KernelRefusal } from '@liquid/netlink';
import { describe, expect, test } from 'vitest';
import { type RefusalContext, refusalOf, toPmError } from '../src/error.js';
import { ip } from './support/build.js';

const refusal = (errno: number, code: string, kernelText?: string): KernelRefusal => ({
  _tag: 'KernelRefusal',
  message: `netlink request: ${code}`,
  errno,
  code,
  ...(kernelText === undefined ? {} : { kernelText }),
});

const create: RefusalContext = { command: 'SUBFLOW_CREATE', token: 7, address: ip('10.0.1.1') };

describe('refusals', () => {
  test.each([
    ['UnknownToken', create, 22, 'EINVAL', 'invalid token'],
    ['MptcpDisabled', { ...create, enabled: false }, 22, 'EINVAL', 'invalid token'],
    ['AddressIdMismatch', create, 22, 'EINVAL', 'did not match address and id'],
    [
      'AddressIdMismatch',
      { command: 'REMOVE', token: 7 },
      22,
      'EINVAL',
      'address with id 9 not found',
    ],
    ['AddressIdMismatch', { command: 'REMOVE', token: 7 }, 22, 'EINVAL', undefined],
    ['AddressNotAvailable', create, 99, 'EADDRNOTAVAIL', 'connect error: -99'],
    ['AddressNotAvailable', create, 99, 'EADDRNOTAVAIL', undefined],
    ['SubflowNotFound', { command: 'SUBFLOW_DESTROY' }, 3, 'ESRCH', 'subflow not found'],
    ['SubflowNotFound', { command: 'SET_FLAGS' }, 22, 'EINVAL', 'subflow not found'],
    ['SubflowNotFound', { command: 'SET_FLAGS' }, 22, 'EINVAL', undefined],
    ['SubflowNotFound', { command: 'SOCK_DESTROY' }, 2, 'ENOENT', undefined],
    ['ConnectionClosing', create, 107, 'ENOTCONN', 'connect error: -107'],
    ['ConnectionClosing', { ...create, state: 4 }, 107, 'ENOTCONN', 'connect error: -107'],
    ['NotEstablished', { ...create, state: 1 }, 107, 'ENOTCONN', 'connect error: -107'],
    ['NotEstablished', { ...create, state: 1 }, 107, 'ENOTCONN', undefined],
    ['TcpFallback', { ...create, fallback: true, state: 1 }, 107, 'ENOTCONN', undefined],
    ['TcpFallback', { ...create, fallback: true }, 107, 'ENOTCONN', 'connect error: -107'],
    ['KernelPathManager', create, 22, 'EINVAL', 'invalid request; userspace PM not selected'],
    ['KernelPathManager', create, 22, 'EINVAL', 'userspace PM not selected'],
  ] as const)('%s', (tag, context, errno, code, text) => {
    const error = toPmError(refusal(errno, code, text), context);
    expect(error).toMatchObject({ _tag: tag, errno, code, remedy: expect.any(String) });
    expect(error.message.startsWith(`${context.command}: ${code}: `)).toBe(true);
    if (text === undefined) expect(error).not.toHaveProperty('kernelText');
    else expect(error).toMatchObject({ kernelText: text });
  });

  test('a connection that takes no subflow: why is said as far as it is known', () => {
    const said = (state?: number) =>
      toPmError(refusal(107, 'ENOTCONN'), { ...create, state }).message.slice(
        'SUBFLOW_CREATE: ENOTCONN: connection 0x00000007 '.length,
      );
    expect(said(4)).toBe('is closing');
    expect(said(1)).toBe('is not fully established yet');
    expect(said()).toBe('is closing, or not fully established yet');
  });

  test('what has no meaning of its own stays as it is', () => {
    const unreachable = refusal(101, 'ENETUNREACH', 'connect error: -101');
    expect(toPmError(unreachable, create)).toBe(unreachable);
    const closed = { _tag: 'Closed', message: 'netlink socket is closed' } as const;
    expect(toPmError(closed, create)).toBe(closed);
  });

  test('a policy gets the tag, the sentence and the number', () => {
    const error = toPmError(refusal(99, 'EADDRNOTAVAIL'), create);
    expect(refusalOf(error)).toEqual({
      tag: 'AddressNotAvailable',
      message: 'SUBFLOW_CREATE: EADDRNOTAVAIL: this host has no address 10.0.1.1',
      errno: 99,
    });
    expect(refusalOf({ _tag: 'Closed', message: 'closed' }).errno).toBe(0);
  });
});
