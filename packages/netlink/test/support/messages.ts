/** Recorded datagrams, and messages out of bytes and writers. */
import { readFileSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import { MessageCursor, type MessageWriter, NLMSG, sourceOf } from '../../src/index.js';

/** The datagrams of a recording: sent (`>`) or received (`<`). */
export const recorded = (name: string, which: '>' | '<'): ReadonlyArray<Uint8Array> =>
  readFileSync(new URL(`../fixtures/${name}.txt`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${which} `))
    .map((line) => Uint8Array.from(Buffer.from(line.slice(2), 'hex')));

/** Calls back for each message of the datagrams; gives how many there were. */
export const eachMessage = (
  datagrams: ReadonlyArray<Uint8Array>,
  onMessage: (message: MessageCursor) => void,
): number => {
  const cursor = new MessageCursor();
  let count = 0;
  for (const datagram of datagrams) {
    cursor.reset(sourceOf(datagram), datagram.length);
    while (cursor.next()) {
      count++;
      onMessage(cursor);
    }
    if (cursor.malformedAt >= 0) throw new Error(`malformed at ${cursor.malformedAt}`);
  }
  return count;
};

/** What a reader gives for each message of a recorded answer, its end and its acknowledgement apart. */
export const readAll = <A>(name: string, read: (message: MessageCursor) => A): ReadonlyArray<A> => {
  const values: Array<A> = [];
  eachMessage(recorded(name, '<'), (message) => {
    if (message.type !== NLMSG.DONE && message.type !== NLMSG.ERROR) values.push(read(message));
  });
  return values;
};

/** The one message that a writer holds. */
export const messageOf = (writer: MessageWriter): MessageCursor => {
  const bytes = writer.finish().slice();
  return firstOf(bytes);
};

/** The first message of a datagram. */
export const firstOf = (bytes: Uint8Array): MessageCursor => {
  const cursor = new MessageCursor();
  cursor.reset(sourceOf(bytes), bytes.length);
  if (!cursor.next()) throw new Error('no message');
  return cursor;
};

/** The value, or the test fails with the error's words. */
export const right = <A>(result: E.Either<{ readonly message: string }, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left.message);
  return result.right;
};
