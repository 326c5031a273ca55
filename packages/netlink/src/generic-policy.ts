/** What a generic family accepts, asked of the kernel itself (CTRL_CMD_GETPOLICY), as data. */

import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import { AttributeCursor } from './attribute.js';
import {
  type AttributePolicy,
  readAttributePolicy,
  writeAttributePolicy,
} from './attribute-policy.js';
import { type AttributeSet, attributeSet, keyed, nest, readAttributes } from './attribute-set.js';
import { u16, u32, type ValueCodec } from './attribute-value.js';
import type { NetlinkError } from './errors.js';
import { beginGeneric, GENL_HEADER, GENL_ID_CTRL } from './generic.js';
import { CTRL_ATTR, CTRL_CMD } from './generic-controller.js';
import { collectDump } from './internal/collect.js';
import { type MessageCursor, NLM_F } from './message.js';
import type { NetlinkSocket } from './socket.js';
import { MessageWriter } from './writer.js';

/** Which policy an operation has, as indices into {@link FamilyPolicies.policies}. @since 0.1.0 */
export interface OperationPolicy {
  readonly command: number;
  /** Of a single request. */
  readonly do?: number;
  /** Of a dump. */
  readonly dump?: number;
}

/** What a family accepts. @since 0.1.0 */
export interface FamilyPolicies {
  readonly operations: ReadonlyArray<OperationPolicy>;
  /** By index: what each attribute type has to be; nested ones point to other indices. */
  readonly policies: ReadonlyArray<ReadonlyMap<number, AttributePolicy>>;
}

/** Attributes of an operation's policy (`CTRL_ATTR_POLICY_*` of linux/genetlink.h). @since 0.1.0 */
export const CTRL_ATTR_POLICY = { DO: 1, DUMP: 2 } as const;

interface DoAndDump {
  readonly do?: number;
  readonly dump?: number;
}

interface PolicyMessage {
  readonly family?: number;
  readonly operations?: ReadonlyArray<readonly [command: number, policy: DoAndDump]>;
  readonly policies?: ReadonlyArray<
    readonly [index: number, ReadonlyArray<readonly [type: number, policy: AttributePolicy]>]
  >;
}

const operation: AttributeSet<DoAndDump> = /* @__PURE__ */ attributeSet<DoAndDump>({
  do: [CTRL_ATTR_POLICY.DO, u32],
  dump: [CTRL_ATTR_POLICY.DUMP, u32],
});

const policy: ValueCodec<AttributePolicy> = {
  read: (cursor) => {
    const inner = new AttributeCursor();
    inner.enter(cursor);
    const value = readAttributePolicy(inner);
    if (inner.malformedAt >= 0) cursor.malformedAt = inner.malformedAt;
    return value;
  },
  write: (writer, type, value) => {
    const at = writer.open(type);
    writeAttributePolicy(writer, value);
    writer.close(at);
  },
};

const message: AttributeSet<PolicyMessage> = /* @__PURE__ */ attributeSet<PolicyMessage>({
  family: [CTRL_ATTR.FAMILY_ID, u16],
  operations: [CTRL_ATTR.OP_POLICY, keyed(nest(() => operation))],
  policies: [CTRL_ATTR.POLICY, keyed(keyed(policy))],
});

/** Writes the request for a family's policies; with `command`, those of one operation. Needs no privilege. @since 0.1.0 */
export const writeGetPolicy = (
  writer: MessageWriter,
  family: number,
  command?: number,
): MessageWriter => {
  beginGeneric(writer, GENL_ID_CTRL, CTRL_CMD.GETPOLICY, NLM_F.REQUEST | NLM_F.DUMP);
  writer.u16(CTRL_ATTR.FAMILY_ID, family);
  return command === undefined ? writer : writer.u32(CTRL_ATTR.OP, command);
};

/** What of a family's policies one message of the dump brings. @since 0.1.0 */
export const readPolicies = (from: MessageCursor): E.Either<NetlinkError, FamilyPolicies> => {
  const read = readAttributes(from, 'GETPOLICY', GENL_HEADER, message);
  if (E.isLeft(read)) return read;
  const policies: Array<Map<number, AttributePolicy>> = [];
  for (const [index, attributes] of read.right.policies ?? []) {
    // An index is an attribute's type: 14 bits, so a message can't make a long list of it.
    while (policies.length <= index) policies.push(new Map());
    for (const [type, value] of attributes) policies[index]?.set(type, value);
  }
  return E.right({
    operations: (read.right.operations ?? []).map(([command, which]) => ({
      command,
      ...(which.do === undefined ? {} : { do: which.do }),
      ...(which.dump === undefined ? {} : { dump: which.dump }),
    })),
    policies,
  });
};

/** Writes a family's policies into one message, as a scripted kernel does. @since 0.1.0 */
export const writePolicies = (
  writer: MessageWriter,
  family: number,
  { operations, policies }: FamilyPolicies,
): MessageWriter => {
  beginGeneric(writer, GENL_ID_CTRL, CTRL_CMD.GETPOLICY, NLM_F.MULTI, 2);
  message.write(writer, {
    family,
    operations: operations.map(({ command, ...which }) => [command, which]),
    policies: policies.map((types, index) => [index, [...types]]),
  });
  return writer;
};

/** One family's policies out of the parts that the messages of a dump brought. @since 0.1.0 */
export const joinPolicies = (parts: ReadonlyArray<FamilyPolicies>): FamilyPolicies => {
  const policies: Array<Map<number, AttributePolicy>> = [];
  for (const part of parts) {
    part.policies.forEach((types, index) => {
      while (policies.length <= index) policies.push(new Map());
      for (const [type, value] of types) policies[index]?.set(type, value);
    });
  }
  return { operations: parts.flatMap((part) => part.operations), policies };
};

/**
 * What a family of the running kernel accepts. Left `KernelRefusal` (ENODATA) for a family without
 * policies, and on kernels before 5.8 that don't tell.
 *
 * @since 0.1.0
 */
export const familyPolicies = (
  socket: NetlinkSocket,
  family: number,
  command?: number,
): TaskEither<NetlinkError, FamilyPolicies> =>
  TE.map(joinPolicies)(
    collectDump(socket, () => writeGetPolicy(new MessageWriter(), family, command), readPolicies),
  );
