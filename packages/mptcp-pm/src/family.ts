/** The kernel's generic-netlink family `mptcp_pm`: its numbers, by their names in linux/mptcp_pm.h. */

/** The family's name, version and multicast groups. @since 0.1.0 */
export const MPTCP_PM = {
  NAME: 'mptcp_pm',
  VERSION: 1,
  EVENTS_GROUP: 'mptcp_pm_events',
  COMMANDS_GROUP: 'mptcp_pm_cmds',
} as const;

/** `enum mptcp_event_type`: the command byte of a multicast. @since 0.1.0 */
export const MPTCP_EVENT = {
  CREATED: 1,
  ESTABLISHED: 2,
  CLOSED: 3,
  ANNOUNCED: 6,
  REMOVED: 7,
  SUB_ESTABLISHED: 10,
  SUB_CLOSED: 11,
  SUB_PRIORITY: 13,
  LISTENER_CREATED: 15,
  LISTENER_CLOSED: 16,
} as const;

/** `enum mptcp_event_attr`. @since 0.1.0 */
export const MPTCP_ATTR = {
  /** u32 */
  TOKEN: 1,
  /** u16, an address family */
  FAMILY: 2,
  LOC_ID: 3,
  REM_ID: 4,
  /** Four bytes in network order, as DADDR4. */
  SADDR4: 5,
  SADDR6: 6,
  DADDR4: 7,
  DADDR6: 8,
  /** u16 in *network* order, as DPORT. */
  SPORT: 9,
  DPORT: 10,
  BACKUP: 11,
  /** u8, an errno */
  ERROR: 12,
  /** u16, see {@link EVENT_FLAG} */
  FLAGS: 13,
  TIMEOUT: 14,
  IF_IDX: 15,
  RESET_REASON: 16,
  RESET_FLAGS: 17,
  /** u8; Linux 6.1 always sends it, as 0 or 1, newer ones only where it is 1. */
  SERVER_SIDE: 18,
} as const;

/** Bits of `MPTCP_ATTR_FLAGS`. @since 0.1.0 */
export const EVENT_FLAG = { DENY_JOIN_ID0: 1, SERVER_SIDE: 2 } as const;

/** Bit of `MPTCP_ATTR_RESET_FLAGS`: the T flag of MP_TCPRST. @since 0.1.0 */
export const RESET_TRANSIENT = 1;

/** `MPTCP_PM_CMD_*`. @since 0.1.0 */
export const PM_CMD = {
  ADD_ADDR: 1,
  DEL_ADDR: 2,
  GET_ADDR: 3,
  FLUSH_ADDRS: 4,
  SET_LIMITS: 5,
  GET_LIMITS: 6,
  SET_FLAGS: 7,
  ANNOUNCE: 8,
  REMOVE: 9,
  SUBFLOW_CREATE: 10,
  SUBFLOW_DESTROY: 11,
} as const;

/** `MPTCP_PM_ATTR_*`: attributes of commands. @since 0.1.0 */
export const PM_ATTR = {
  ADDR: 1,
  RCV_ADD_ADDRS: 2,
  SUBFLOWS: 3,
  TOKEN: 4,
  LOC_ID: 5,
  ADDR_REMOTE: 6,
} as const;

/** `MPTCP_PM_ADDR_ATTR_*`: inside ADDR and ADDR_REMOTE. @since 0.1.0 */
export const PM_ADDR_ATTR = {
  FAMILY: 1,
  ID: 2,
  ADDR4: 3,
  ADDR6: 4,
  /** u16 in *host* order, other than the ports of events. */
  PORT: 5,
  FLAGS: 6,
  IF_IDX: 7,
} as const;

/** `MPTCP_PM_ADDR_FLAG_*`: what an address is for. @since 0.1.0 */
export const ADDRESS_FLAG = {
  /** Tell the peer of it (ADD_ADDR). */
  SIGNAL: 1,
  /** The kernel's own manager begins subflows at it. */
  SUBFLOW: 2,
  BACKUP: 4,
  FULLMESH: 8,
  /** Made by the kernel for an address that nobody configured. */
  IMPLICIT: 16,
  /** Newer kernels: their own manager answers announced addresses from it. */
  LAMINAR: 32,
} as const;
