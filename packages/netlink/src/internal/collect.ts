/** All entries of a dump as values: what every table's `dump` is. */

import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { NetlinkError } from '../errors.js';
import type { MessageCursor } from '../message.js';
import type { NetlinkSocket } from '../socket.js';
import type { MessageWriter } from '../writer.js';

/** Dumps and reads each entry. Left where the dump fails, or of the first entry that can't be read. */
export const collectDump =
  <A>(
    socket: NetlinkSocket,
    request: () => MessageWriter,
    read: (message: MessageCursor) => E.Either<NetlinkError, A>,
  ): TaskEither<NetlinkError, ReadonlyArray<A>> =>
  async () => {
    const values: Array<A> = [];
    let broken: NetlinkError | undefined;
    const done = await socket.dump(
      request(),
      (message) => {
        const value = read(message);
        if (E.isRight(value)) values.push(value.right);
        else broken ??= value.left;
      },
      () => {
        values.length = 0;
        broken = undefined;
      },
    )();
    if (E.isLeft(done)) return done;
    return broken === undefined ? E.right(values) : E.left(broken);
  };
