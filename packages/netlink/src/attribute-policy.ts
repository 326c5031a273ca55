/** What a family accepts of an attribute, as the kernel itself says it: types, bounds, nests. */

import type { AttributeCursor } from './attribute.js';
import type { MessageWriter } from './writer.js';

/** Kinds of an attribute's value (`enum netlink_attribute_type` of linux/netlink.h). @since 0.1.0 */
export const NL_ATTR_TYPE = {
  INVALID: 0,
  FLAG: 1,
  U8: 2,
  U16: 3,
  U32: 4,
  U64: 5,
  S8: 6,
  S16: 7,
  S32: 8,
  S64: 9,
  BINARY: 10,
  STRING: 11,
  NUL_STRING: 12,
  NESTED: 13,
  NESTED_ARRAY: 14,
  BITFIELD32: 15,
  SINT: 16,
  UINT: 17,
} as const;

/** Attributes that describe a policy (`NL_POLICY_TYPE_ATTR_*` of linux/netlink.h). @since 0.1.0 */
export const NL_POLICY_TYPE_ATTR = {
  TYPE: 1,
  MIN_VALUE_S: 2,
  MAX_VALUE_S: 3,
  MIN_VALUE_U: 4,
  MAX_VALUE_U: 5,
  MIN_LENGTH: 6,
  MAX_LENGTH: 7,
  POLICY_IDX: 8,
  POLICY_MAXTYPE: 9,
  BITFIELD32_MASK: 10,
  PAD: 11,
  MASK: 12,
} as const;

/** What is accepted of one attribute. Bounds are there where the kernel has some. @since 0.1.0 */
export interface AttributePolicy {
  /** See {@link NL_ATTR_TYPE}. */
  readonly type: number;
  readonly min?: bigint;
  readonly max?: bigint;
  /** Bytes, of strings and binary values. */
  readonly minLength?: number;
  readonly maxLength?: number;
  /** Index, in the same answer, of the policy of what is nested. */
  readonly nestedPolicy?: number;
  /** Largest type of a nested attribute. */
  readonly nestedMaxType?: number;
  /** Bits that may be set, of a bit field or a flags value. */
  readonly mask?: bigint;
}

/** Reads the list that the cursor stands before. @since 0.1.0 */
export const readAttributePolicy = (cursor: AttributeCursor): AttributePolicy => {
  const policy: { -readonly [K in keyof AttributePolicy]: AttributePolicy[K] } = { type: 0 };
  while (cursor.next()) {
    switch (cursor.type) {
      case NL_POLICY_TYPE_ATTR.TYPE:
        policy.type = cursor.readU32();
        break;
      case NL_POLICY_TYPE_ATTR.MIN_VALUE_S:
        policy.min = BigInt.asIntN(64, cursor.readU64());
        break;
      case NL_POLICY_TYPE_ATTR.MAX_VALUE_S:
        policy.max = BigInt.asIntN(64, cursor.readU64());
        break;
      case NL_POLICY_TYPE_ATTR.MIN_VALUE_U:
        policy.min = cursor.readU64();
        break;
      case NL_POLICY_TYPE_ATTR.MAX_VALUE_U:
        policy.max = cursor.readU64();
        break;
      case NL_POLICY_TYPE_ATTR.MIN_LENGTH:
        policy.minLength = cursor.readU32();
        break;
      case NL_POLICY_TYPE_ATTR.MAX_LENGTH:
        policy.maxLength = cursor.readU32();
        break;
      case NL_POLICY_TYPE_ATTR.POLICY_IDX:
        policy.nestedPolicy = cursor.readU32();
        break;
      case NL_POLICY_TYPE_ATTR.POLICY_MAXTYPE:
        policy.nestedMaxType = cursor.readU32();
        break;
      case NL_POLICY_TYPE_ATTR.BITFIELD32_MASK:
        policy.mask = BigInt(cursor.readU32());
        break;
      case NL_POLICY_TYPE_ATTR.MASK:
        policy.mask = cursor.readU64();
        break;
    }
  }
  return policy;
};

/** Kinds whose bounds the kernel tells as signed numbers. */
const SIGNED: ReadonlySet<number> = /* @__PURE__ */ new Set([
  NL_ATTR_TYPE.S8,
  NL_ATTR_TYPE.S16,
  NL_ATTR_TYPE.S32,
  NL_ATTR_TYPE.S64,
  NL_ATTR_TYPE.SINT,
]);

/** Writes the list that {@link readAttributePolicy} reads. @since 0.1.0 */
export const writeAttributePolicy = (writer: MessageWriter, policy: AttributePolicy): void => {
  const signed = SIGNED.has(policy.type);
  const { min, max, minLength, maxLength, nestedPolicy, nestedMaxType, mask } = policy;
  const { MIN_VALUE_S, MIN_VALUE_U, MAX_VALUE_S, MAX_VALUE_U } = NL_POLICY_TYPE_ATTR;
  writer.u32(NL_POLICY_TYPE_ATTR.TYPE, policy.type);
  if (min !== undefined) writer.u64(signed ? MIN_VALUE_S : MIN_VALUE_U, BigInt.asUintN(64, min));
  if (max !== undefined) writer.u64(signed ? MAX_VALUE_S : MAX_VALUE_U, BigInt.asUintN(64, max));
  if (minLength !== undefined) writer.u32(NL_POLICY_TYPE_ATTR.MIN_LENGTH, minLength);
  if (maxLength !== undefined) writer.u32(NL_POLICY_TYPE_ATTR.MAX_LENGTH, maxLength);
  if (nestedPolicy !== undefined) writer.u32(NL_POLICY_TYPE_ATTR.POLICY_IDX, nestedPolicy);
  if (nestedMaxType !== undefined) writer.u32(NL_POLICY_TYPE_ATTR.POLICY_MAXTYPE, nestedMaxType);
  if (mask === undefined) return;
  if (policy.type !== NL_ATTR_TYPE.BITFIELD32) writer.u64(NL_POLICY_TYPE_ATTR.MASK, mask);
  else writer.u32(NL_POLICY_TYPE_ATTR.BITFIELD32_MASK, Number(mask));
};
