/**
 * MPTCP as Node's own sockets: `net.Socket` and `net.Server` whose connections may use several paths,
 * with nothing preloaded, and HTTP over them. Linux; elsewhere every call gives `Unsupported`.
 *
 * @packageDocumentation
 */
export { mptcpAgent, type MptcpAgentOptions } from './agent.js';
export { connectMptcp, type ConnectMptcpOptions } from './connect.js';
export type { MptcpDisabled, MptcpSocketError, TcpFallback } from './error.js';
export { type FullInfo, fullInfo, type SubflowInfo } from './full-info.js';
export { listenMptcp, type ListenMptcpOptions } from './listen.js';
export type { SocketSettings } from './socket-option.js';
export { mptcpStatus, type MptcpStatus } from './status.js';
