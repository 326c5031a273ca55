/** Error numbers as errors: each cause by its own words and mend. */
import { expect, test } from 'vitest';
import { emptyErrorMessage, netlinkError } from '../src/index.js';

test('no capability, and a rule against it, are two things', () => {
  const capability = netlinkError('SUBFLOW_CREATE', -1);
  expect(capability).toMatchObject({
    _tag: 'Permission',
    expected: 'CAP_NET_ADMIN',
    errno: 1,
    code: 'EPERM',
    message: 'SUBFLOW_CREATE: EPERM: needs CAP_NET_ADMIN',
  });
  // What a prohibiting route gives, to RTM_GETROUTE and to a subflow's connect alike.
  const rule = netlinkError('RTM_GETROUTE', -13, { ...emptyErrorMessage(), text: 'no way' });
  expect(rule).toMatchObject({
    _tag: 'Permission',
    errno: 13,
    code: 'EACCES',
    message: 'RTM_GETROUTE: EACCES: no way: a rule of this host forbids it',
  });
  expect(rule).not.toHaveProperty('expected');
  expect(rule.remedy).not.toContain('CAP_NET_ADMIN');
});

test.each([
  [95, 'Unsupported'],
  [93, 'Unsupported'],
  [105, 'Overrun'],
  [11, 'Timeout'],
  [9, 'Closed'],
  [22, 'KernelRefusal'],
])('errno %i is %s, with its number', (errno, tag) => {
  expect(netlinkError('it', -errno)).toMatchObject({ _tag: tag, errno });
  expect(netlinkError('it', errno)).toEqual(netlinkError('it', -errno));
});
