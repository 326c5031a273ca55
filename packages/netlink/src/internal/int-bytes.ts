/** An `int` of C, as options of sockets mostly are. */

import { HOST_LITTLE } from '../host-order.js';

export const intBytes = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, HOST_LITTLE);
  return bytes;
};
