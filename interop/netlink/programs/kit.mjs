/** What the programs of the tests share: a channel to the controller, and questions for it. */
import { MessageWriter, NETLINK, nativeTransport, writeGetFamily } from '@liquid/netlink';

export const transportName = /** @type {'addon' | 'koffi'} */ (process.argv[2] ?? 'addon');

/** @template A @param {import('fp-ts/lib/Either.js').Either<{ readonly message: string }, A>} result @returns {A} */
export const right = (result) => {
  if (result._tag === 'Left') throw new Error(result.left.message);
  return result.right;
};

export const transport = right(nativeTransport(transportName));

export const open = (options = {}) =>
  right(transport.openChannel({ protocol: NETLINK.GENERIC, ...options }));

/** Two datagrams will come. @param {import('@liquid/netlink').Channel} channel */
export const ask = (channel) => {
  const writer = writeGetFamily(new MessageWriter(), 'nlctrl');
  writer.finish();
  return channel.send(writer.bytes, writer.length);
};

/** @param {number} ms */
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {unknown} value */
export const report = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
