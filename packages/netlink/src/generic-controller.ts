/** The controller of generic netlink: which families there are, their numbers, groups and operations. */

import { notFound, unsupported } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import { type AttributeSet, attributeSet, list, nest, readAttributes } from './attribute-set.js';
import { text, u16, u32 } from './attribute-value.js';
import type { NetlinkError } from './errors.js';
import { beginGeneric, GENL_HEADER, GENL_ID_CTRL } from './generic.js';
import { collectDump } from './internal/collect.js';
import { type MessageCursor, NLM_F } from './message.js';
import type { NetlinkSocket } from './socket.js';
import { MessageWriter } from './writer.js';

/** Commands of the controller (`CTRL_CMD_*` of linux/genetlink.h). @since 0.1.0 */
export const CTRL_CMD = {
  NEWFAMILY: 1,
  DELFAMILY: 2,
  GETFAMILY: 3,
  NEWOPS: 4,
  DELOPS: 5,
  GETOPS: 6,
  NEWMCAST_GRP: 7,
  DELMCAST_GRP: 8,
  GETMCAST_GRP: 9,
  GETPOLICY: 10,
} as const;

/** Attributes of the controller (`CTRL_ATTR_*`). @since 0.1.0 */
export const CTRL_ATTR = {
  FAMILY_ID: 1,
  FAMILY_NAME: 2,
  VERSION: 3,
  HDRSIZE: 4,
  MAXATTR: 5,
  OPS: 6,
  MCAST_GROUPS: 7,
  POLICY: 8,
  OP_POLICY: 9,
  OP: 10,
} as const;

/** Attributes of an operation (`CTRL_ATTR_OP_*`). @since 0.1.0 */
export const CTRL_ATTR_OP = { ID: 1, FLAGS: 2 } as const;

/** Attributes of a multicast group (`CTRL_ATTR_MCAST_GRP_*`). @since 0.1.0 */
export const CTRL_ATTR_MCAST_GRP = { NAME: 1, ID: 2 } as const;

/** Group of the controller in which families come and go. @since 0.1.0 */
export const CTRL_NOTIFY_GROUP = 0x10;

/** A command that a family takes. @since 0.1.0 */
export interface GenericOperation {
  readonly command: number;
  /** See `GENL`. */
  readonly flags: number;
}

/** A multicast group of a family. @since 0.1.0 */
export interface GenericGroup {
  readonly name: string;
  /** For `subscribe`. */
  readonly id: number;
}

/** A family of generic netlink. @since 0.1.0 */
export interface GenericFamily {
  /** Message type of its messages; given at its registration, so not the same on every machine. */
  readonly id: number;
  readonly name: string;
  readonly version: number;
  /** Bytes of a header of its own after the generic one. */
  readonly headerBytes: number;
  /** Largest attribute type; 0 where each operation has a policy of its own. */
  readonly maxAttribute: number;
  readonly operations: ReadonlyArray<GenericOperation>;
  readonly groups: ReadonlyArray<GenericGroup>;
}

interface OperationAttributes {
  readonly command?: number;
  readonly flags?: number;
}

interface GroupAttributes {
  readonly name?: string;
  readonly id?: number;
}

interface FamilyAttributes {
  readonly id?: number;
  readonly name?: string;
  readonly version?: number;
  readonly headerBytes?: number;
  readonly maxAttribute?: number;
  readonly operations?: ReadonlyArray<OperationAttributes>;
  readonly groups?: ReadonlyArray<GroupAttributes>;
}

const operation: AttributeSet<OperationAttributes> = /* @__PURE__ */ attributeSet({
  command: [CTRL_ATTR_OP.ID, u32],
  flags: [CTRL_ATTR_OP.FLAGS, u32],
});

const group: AttributeSet<GroupAttributes> = /* @__PURE__ */ attributeSet({
  name: [CTRL_ATTR_MCAST_GRP.NAME, text],
  id: [CTRL_ATTR_MCAST_GRP.ID, u32],
});

const family: AttributeSet<FamilyAttributes> = /* @__PURE__ */ attributeSet<FamilyAttributes>({
  id: [CTRL_ATTR.FAMILY_ID, u16],
  name: [CTRL_ATTR.FAMILY_NAME, text],
  version: [CTRL_ATTR.VERSION, u32],
  headerBytes: [CTRL_ATTR.HDRSIZE, u32],
  maxAttribute: [CTRL_ATTR.MAXATTR, u32],
  operations: [CTRL_ATTR.OPS, list(nest(() => operation))],
  groups: [CTRL_ATTR.MCAST_GROUPS, list(nest(() => group))],
});

/** Writes the request for a family by name, or for all. Needs no privilege. @since 0.1.0 */
export const writeGetFamily = (writer: MessageWriter, name?: string): MessageWriter => {
  if (name === undefined) {
    return beginGeneric(writer, GENL_ID_CTRL, CTRL_CMD.GETFAMILY, NLM_F.REQUEST | NLM_F.DUMP);
  }
  return beginGeneric(writer, GENL_ID_CTRL, CTRL_CMD.GETFAMILY).string(CTRL_ATTR.FAMILY_NAME, name);
};

/** Name of the family that a request asks for, or undefined when it asks for all. @since 0.1.0 */
export const readGetFamily = (
  message: MessageCursor,
): E.Either<NetlinkError, string | undefined> => {
  const attributes = readAttributes(message, 'GETFAMILY', GENL_HEADER, family);
  return E.isLeft(attributes) ? attributes : E.right(attributes.right.name);
};

/** Reads a family's message: the answer to GETFAMILY, and the controller's NEWFAMILY and DELFAMILY. @since 0.1.0 */
export const readFamily = (message: MessageCursor): E.Either<NetlinkError, GenericFamily> => {
  const attributes = readAttributes(message, 'generic netlink family', GENL_HEADER, family);
  if (E.isLeft(attributes)) return attributes;
  const { id = 0, name = '', version = 0, headerBytes = 0, maxAttribute = 0 } = attributes.right;
  return E.right({
    id,
    name,
    version,
    headerBytes,
    maxAttribute,
    operations: (attributes.right.operations ?? []).map(({ command = 0, flags = 0 }) => ({
      command,
      flags,
    })),
    groups: (attributes.right.groups ?? []).map((one) => ({
      name: one.name ?? '',
      id: one.id ?? 0,
    })),
  });
};

/** Writes a family's message, as a scripted kernel does. @since 0.1.0 */
export const writeFamily = (
  writer: MessageWriter,
  value: GenericFamily,
  flags = 0,
): MessageWriter => {
  beginGeneric(writer, GENL_ID_CTRL, CTRL_CMD.NEWFAMILY, flags, 2);
  family.write(writer, value);
  return writer;
};

/**
 * A family by its name, as `mptcp_pm`. Left `Unsupported` when this kernel has none of that name; a
 * family that is a module is loaded by the kernel when it is asked for.
 *
 * @since 0.1.0
 */
export const resolveFamily =
  (socket: NetlinkSocket, name: string): TaskEither<NetlinkError, GenericFamily> =>
  async () => {
    const missing = { what: `generic netlink family ${name}`, actual: name };
    let answer: E.Either<NetlinkError, GenericFamily> = E.left(unsupported(missing));
    const request = writeGetFamily(new MessageWriter(), name);
    const done = await socket.request(request, (message) => {
      if (message.type === GENL_ID_CTRL) answer = readFamily(message);
    })();
    if (E.isRight(done)) return answer;
    const { left } = done;
    if (left._tag !== 'KernelRefusal' || left.code !== 'ENOENT') return done;
    return E.left(
      unsupported({
        ...missing,
        errno: left.errno,
        code: left.code,
        remedy: `use a kernel with ${name}, or load its module`,
      }),
    );
  };

/** All families of this kernel. @since 0.1.0 */
export const listFamilies = (
  socket: NetlinkSocket,
): TaskEither<NetlinkError, ReadonlyArray<GenericFamily>> =>
  collectDump(socket, () => writeGetFamily(new MessageWriter()), readFamily);

/** Number of a family's multicast group. Left `NotFound` with the names that there are. @since 0.1.0 */
export const groupOf = (
  { name, groups }: GenericFamily,
  group: string,
): E.Either<NetlinkError, number> => {
  const found = groups.find((one) => one.name === group);
  if (found !== undefined) return E.right(found.id);
  const expected = groups.map((one) => one.name).join(', ');
  return E.left(
    notFound({ what: `multicast group of ${name}`, path: group, expected: expected || 'none' }),
  );
};
