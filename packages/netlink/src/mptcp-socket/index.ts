/** MPTCP as Node's own sockets. */
export {};
