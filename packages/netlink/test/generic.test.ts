/** Generic netlink: its header, its controller and its policies (linux/genetlink.h). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type AttributePolicy,
  beginGeneric,
  CTRL_CMD,
  type FamilyPolicies,
  type GenericFamily,
  GENL_ID_CTRL,
  genericCommand,
  genericVersion,
  groupOf,
  joinPolicies,
  MessageWriter,
  NL_ATTR_TYPE,
  NLM_F,
  readFamily,
  readGetFamily,
  readPolicies,
  writeFamily,
  writeGetFamily,
  writeGetPolicy,
  writePolicies,
} from '../src/index.js';
import { cases } from './support/cases.js';
import { messageOf, readAll, recorded, right } from './support/messages.js';

test('the header is command and version', () => {
  const message = messageOf(beginGeneric(new MessageWriter(), 28, 9, NLM_F.REQUEST, 3));
  expect(message.type).toBe(28);
  expect(genericCommand(message)).toBe(9);
  expect(genericVersion(message)).toBe(3);
  expect(genericCommand(messageOf(new MessageWriter().begin(28, 0)))).toBe(-1);
});

test('mptcp_pm as the kernel tells it', () => {
  const [family] = readAll('family-mptcp_pm', (message) => right(readFamily(message)));
  expect(family).toMatchObject({ name: 'mptcp_pm', version: 1, headerBytes: 0 });
  expect(family?.groups.map(({ name }) => name)).toEqual(['mptcp_pm_cmds', 'mptcp_pm_events']);
  expect(family?.operations.map(({ command }) => command)).toEqual([
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
  ]);
});

test('requests are, byte for byte, those that the kernel answered', () => {
  const [name] = recorded('family-mptcp_pm', '>');
  expect(writeGetFamily(new MessageWriter(), 'mptcp_pm').finish()).toEqual(name);
  const [policy] = recorded('policy-nlctrl', '>');
  expect(writeGetPolicy(new MessageWriter(), GENL_ID_CTRL).finish()).toEqual(policy);
});

test('a name that is asked for is read back', () => {
  const asked = messageOf(writeGetFamily(new MessageWriter(), 'nl80211'));
  expect(genericCommand(asked)).toBe(CTRL_CMD.GETFAMILY);
  expect(right(readGetFamily(asked))).toBe('nl80211');
  const all = messageOf(writeGetFamily(new MessageWriter()));
  expect(right(readGetFamily(all))).toBeUndefined();
  expect(all.flags & NLM_F.DUMP).toBe(NLM_F.DUMP);
});

const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffffffff);
const name = fc.stringMatching(/^[a-z_0-9]{1,15}$/);
const family: fc.Arbitrary<GenericFamily> = fc.record({
  id: u16,
  name,
  version: u32,
  headerBytes: u32,
  maxAttribute: u32,
  operations: fc.array(fc.record({ command: u32, flags: u32 }), { maxLength: 20 }),
  groups: fc.array(fc.record({ name, id: u32 }), { maxLength: 8 }),
});

test('every family goes round', () => {
  fc.assert(
    fc.property(family, (value) => {
      expect(right(readFamily(messageOf(writeFamily(new MessageWriter(), value))))).toEqual(value);
    }),
    cases(0.01),
  );
});

test('a group is found by its name, or the error tells which there are', () => {
  const [pm] = readAll('family-mptcp_pm', (message) => right(readFamily(message)));
  if (pm === undefined) throw new Error('no family');
  expect(right(groupOf(pm, 'mptcp_pm_events'))).toBeGreaterThan(0);
  expect(groupOf(pm, 'events')).toMatchObject({
    left: { _tag: 'NotFound', expected: 'mptcp_pm_cmds, mptcp_pm_events' },
  });
});

test('the policy of mptcp_pm is data: 16 bits of port inside the address of a new subflow', () => {
  const whole = joinPolicies(readAll('policy-mptcp_pm', (message) => right(readPolicies(message))));
  const create = whole.operations.find(({ command }) => command === 10);
  const attributes = whole.policies[create?.do ?? -1];
  const address = whole.policies[attributes?.get(1)?.nestedPolicy ?? -1];
  expect(address?.get(5)).toEqual({ type: NL_ATTR_TYPE.U16, min: 0n, max: 65535n });
  expect(attributes?.get(4)).toMatchObject({ type: NL_ATTR_TYPE.U32 });
});

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const policy: fc.Arbitrary<AttributePolicy> = fc.oneof(
  fc.record({ type: fc.constantFrom(2, 3, 4, 5, 17), min: uint64, max: uint64 }),
  fc.record({ type: fc.constantFrom(6, 7, 8, 9, 16), min: int64, max: int64 }),
  fc.record({ type: fc.constantFrom(10, 11, 12), minLength: u32, maxLength: u32 }),
  fc.record({ type: fc.constant(NL_ATTR_TYPE.NESTED), nestedPolicy: u32, nestedMaxType: u32 }),
  fc.record({ type: fc.constant(NL_ATTR_TYPE.BITFIELD32), mask: u32.map(BigInt) }),
  fc.record({ type: fc.constant(NL_ATTR_TYPE.U32), mask: uint64 }),
);
const policies: fc.Arbitrary<FamilyPolicies> = fc.record({
  operations: fc.uniqueArray(
    fc.record({ command: fc.nat(255), do: u32, dump: u32 }, { requiredKeys: ['command'] }),
    { selector: ({ command }) => command, maxLength: 12 },
  ),
  policies: fc.array(
    fc
      .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 0x3fff }), policy), {
        selector: ([type]) => type,
        minLength: 1,
        maxLength: 8,
      })
      .map((types) => new Map(types)),
    { maxLength: 8 },
  ),
});

test('all policies go round', () => {
  fc.assert(
    fc.property(policies, (value) => {
      const message = messageOf(writePolicies(new MessageWriter(), 28, value));
      expect(right(readPolicies(message))).toEqual(value);
    }),
    cases(0.01),
  );
});
