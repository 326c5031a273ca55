/** What the running kernel says that `mptcp_pm` takes: every command and attribute of it has a name and a codec here. */
import { MPTCP_PM, PM_ADDR_ATTR, PM_ATTR, PM_CMD } from '@liquid/mptcp-pm';
import { familyPolicies, NETLINK, NL_ATTR_TYPE, openNetlink, resolveFamily } from '@liquid/netlink';
import { expect } from 'vitest';
import { right, systemTest } from './support/machine.ts';

/** The kind of value that our codec writes of each attribute. */
const KINDS = {
  [PM_ATTR.ADDR]: NL_ATTR_TYPE.NESTED,
  [PM_ATTR.RCV_ADD_ADDRS]: NL_ATTR_TYPE.U32,
  [PM_ATTR.SUBFLOWS]: NL_ATTR_TYPE.U32,
  [PM_ATTR.TOKEN]: NL_ATTR_TYPE.U32,
  [PM_ATTR.LOC_ID]: NL_ATTR_TYPE.U8,
  [PM_ATTR.ADDR_REMOTE]: NL_ATTR_TYPE.NESTED,
};

const ADDRESS_KINDS = {
  [PM_ADDR_ATTR.FAMILY]: NL_ATTR_TYPE.U16,
  [PM_ADDR_ATTR.ID]: NL_ATTR_TYPE.U8,
  [PM_ADDR_ATTR.ADDR4]: NL_ATTR_TYPE.U32,
  [PM_ADDR_ATTR.ADDR6]: NL_ATTR_TYPE.BINARY,
  [PM_ADDR_ATTR.PORT]: NL_ATTR_TYPE.U16,
  [PM_ADDR_ATTR.FLAGS]: NL_ATTR_TYPE.U32,
  [PM_ADDR_ATTR.IF_IDX]: NL_ATTR_TYPE.S32,
};

systemTest("the kernel's own policy of mptcp_pm is covered", async () => {
  const socket = right(await openNetlink({ protocol: NETLINK.GENERIC })());
  try {
    const family = right(await resolveFamily(socket, MPTCP_PM.NAME)());
    const { operations, policies } = right(await familyPolicies(socket, family.id)());
    const commands = new Set(family.operations.map(({ command }) => command));
    expect([...commands].toSorted((a, b) => a - b)).toEqual(Object.values(PM_CMD));

    const nested = new Set(
      policies.flatMap((types) => [...types.values()].flatMap((one) => one.nestedPolicy ?? [])),
    );
    const told = new Set<string>();
    for (const { command, ...which } of operations) {
      for (const index of [which.do, which.dump]) {
        if (index === undefined) continue;
        for (const [type, { type: kind }] of policies[index] ?? []) {
          expect([command, type, kind]).toEqual([command, type, KINDS[type as keyof typeof KINDS]]);
          told.add(`attribute ${type}`);
        }
      }
    }
    for (const index of nested) {
      for (const [type, { type: kind }] of policies[index] ?? []) {
        const ours = ADDRESS_KINDS[type as keyof typeof ADDRESS_KINDS];
        // An IPv4 address may come as a number in network order, which kernels tell as they like.
        if (type !== PM_ADDR_ATTR.ADDR4) expect([type, kind]).toEqual([type, ours]);
        told.add(`address attribute ${type}`);
      }
    }
    const known = Object.values(PM_ATTR).length + Object.values(PM_ADDR_ATTR).length;
    console.log(
      `mptcp_pm: ${commands.size} of ${Object.values(PM_CMD).length} commands, ${told.size} of ${known} attributes are in the kernel's policies, none of them unknown here`,
    );
    expect(told.size).toBeGreaterThan(10);
  } finally {
    await socket.stop();
  }
});
