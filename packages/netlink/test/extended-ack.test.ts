/** NLMSG_ERROR and its extended acknowledgement (linux/netlink.h), as the kernel sends them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  emptyErrorMessage,
  MessageWriter,
  NL_ATTR_TYPE,
  NLM_F,
  NLMSG,
  NLMSG_HEADER,
  NLMSGERR_ATTR,
  readErrorMessage,
  writeAttributePolicy,
} from '../src/index.js';
import { cases } from './support/cases.js';
import { firstOf, messageOf, recorded } from './support/messages.js';

const answerTo = (name: string) => {
  const [datagram] = recorded(name, '<').slice(-1);
  if (datagram === undefined) throw new Error(`no answer in ${name}`);
  const into = emptyErrorMessage();
  expect(readErrorMessage(firstOf(datagram), into)).toBe(true);
  return into;
};

test('an acknowledgement is error 0 and names its request', () => {
  const ack = answerTo('ack');
  expect(ack.error).toBe(0);
  expect(ack.requestType).toBe(16);
  expect(ack.text).toBeUndefined();
});

test('an error without words', () => {
  const error = answerTo('error-plain');
  expect(error.error).toBe(-19);
  expect(error.requestType).toBe(16);
});

test('a request that is quoted whole is stepped over to the words behind it', () => {
  const [datagram] = recorded('error-message-uncapped', '<');
  if (datagram === undefined) throw new Error('no answer');
  const message = firstOf(datagram);
  expect(message.flags & NLM_F.CAPPED).toBe(0);
  const error = answerTo('error-message-uncapped');
  expect(error.error).toBe(-22);
  expect(error.text).toBe('ipv4: Invalid prefix length');
});

test('a policy that was broken comes with the words and the place', () => {
  const error = answerTo('error-policy');
  expect(error.error).toBe(-22);
  expect(error.text).toBe('Attribute failed policy validation');
  expect(error.offset).toBe(20);
  expect(error.policy).toEqual({ type: NL_ATTR_TYPE.NUL_STRING, maxLength: 15 });
});

test('an attribute that is missing is named', () => {
  const error = answerTo('error-missing-attribute');
  expect(error.error).toBe(-22);
  expect(error.missingType).toBe(1);
  expect(error.missingNest).toBeUndefined();
});

test('the end of a dump is an error message too', () => {
  const [datagram] = recorded('link-dump', '<').slice(-1);
  if (datagram === undefined) throw new Error('no end');
  const into = emptyErrorMessage();
  const message = firstOf(datagram);
  expect(message.type).toBe(NLMSG.DONE);
  expect(readErrorMessage(message, into)).toBe(true);
  expect(into.error).toBe(0);
});

test('other messages, and ones without a number, are none', () => {
  const into = emptyErrorMessage();
  expect(readErrorMessage(messageOf(new MessageWriter().begin(16, 0)), into)).toBe(false);
  expect(readErrorMessage(messageOf(new MessageWriter().begin(NLMSG.ERROR, 0)), into)).toBe(false);
});

const optional = <A>(arbitrary: fc.Arbitrary<A>) => fc.option(arbitrary, { nil: undefined });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

test('whatever is said is read, whichever way the request is quoted', () => {
  const said = fc.record({
    error: fc.integer({ min: -4095, max: 0 }),
    text: optional(fc.stringMatching(/^[ -~]{0,60}$/)),
    offset: optional(fc.nat()),
    missingType: optional(fc.nat(0x3fff)),
    missingNest: optional(fc.nat()),
    cookie: optional(fc.uint8Array({ minLength: 1, maxLength: 20 })),
    min: optional(int64),
    quoted: fc.uint8Array({ maxLength: 70 }),
    capped: fc.boolean(),
  });
  fc.assert(
    fc.property(said, ({ error, quoted, capped, min, ...rest }) => {
      const writer = new MessageWriter();
      const flags = NLM_F.ACK_TLVS | (capped ? NLM_F.CAPPED : 0);
      writer.begin(NLMSG.ERROR, flags);
      writer.view.setInt32(writer.raw(4), error, true);
      const header = writer.raw(NLMSG_HEADER);
      // A capped quotation keeps the length of the whole request.
      writer.view.setUint32(header, NLMSG_HEADER + quoted.length, true);
      writer.view.setUint16(header + 4, 28, true);
      writer.view.setUint32(header + 8, 7, true);
      if (!capped) {
        const at = writer.raw(quoted.length);
        writer.bytes.set(quoted, at);
      }
      if (rest.text !== undefined) writer.string(NLMSGERR_ATTR.MSG, rest.text);
      if (rest.offset !== undefined) writer.u32(NLMSGERR_ATTR.OFFS, rest.offset);
      if (rest.missingType !== undefined) writer.u32(NLMSGERR_ATTR.MISS_TYPE, rest.missingType);
      if (rest.missingNest !== undefined) writer.u32(NLMSGERR_ATTR.MISS_NEST, rest.missingNest);
      if (rest.cookie !== undefined) writer.put(NLMSGERR_ATTR.COOKIE, rest.cookie);
      const policy = min === undefined ? undefined : { type: NL_ATTR_TYPE.S64, min };
      if (policy !== undefined) {
        const at = writer.open(NLMSGERR_ATTR.POLICY);
        writeAttributePolicy(writer, policy);
        writer.close(at);
      }
      const into = emptyErrorMessage();
      expect(readErrorMessage(messageOf(writer), into)).toBe(true);
      expect(into).toEqual({ ...rest, error, policy, sequence: 7, requestType: 28 });
    }),
    cases(0.02),
  );
});
