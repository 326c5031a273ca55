/** `rohc dissect`: every packet of a ROHC capture as a tree, in text or JSON. */
import { describeError, type Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { createDissector, type RohcPacketTree, renderTree } from '../dissect/index.js';
import type { RohcError } from '../errors.js';
import { visitPackets } from './packets.js';
import { EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, type Session, usage } from './session.js';
import type { Settings } from './settings.js';

/** The tree of one packet, or why there is none, with the packet's number in the capture. */
const entryOf = (number: number, tree: E.Either<RohcError, RohcPacketTree>): object =>
  E.isLeft(tree) ? { number, error: describeError(tree.left) } : { number, tree: tree.right };

const textOf = (number: number, tree: E.Either<RohcError, RohcPacketTree>): string =>
  `packet ${number}: ${E.isLeft(tree) ? tree.left.message : renderTree(tree.right)}\n\n`;

/**
 * Prints trees as they come, whatever the capture's size: text, one JSON object a line with `--lines`, or with `--json`
 * one object whose `result.packets` grows while it is printed.
 */
export const dissectCapture = async (
  session: Session,
  input: string,
  settings: Settings,
): Promise<number> => {
  const { json } = session;
  const { lines } = settings;
  if (json && lines) return session.fail(usage('--lines: not together with --json'));
  const created = createDissector(settings.decompressor);
  if (E.isLeft(created)) return session.fail(usage(created.left.message));
  const dissector = created.right;
  let shown = 0;
  const read = await visitPackets(session, input, 'rohc', settings.limit, (packet) => {
    const { bytes, start, end, record } = packet;
    const tree = dissector.dissect(bytes.subarray(start, end));
    const number = record.index + 1;
    const text = json
      ? `${shown === 0 ? '{"result":{"packets":[' : ','}\n${JSON.stringify(entryOf(number, tree))}`
      : lines
        ? `${JSON.stringify(entryOf(number, tree))}\n`
        : textOf(number, tree);
    shown++;
    return session.print(text)?.then(() => undefined);
  });
  if (json && shown > 0) return finishJson(session, read);
  if (E.isLeft(read)) return session.fail(read.left);
  if (json) return session.succeed({ packets: [] }, () => '');
  await session.flush();
  return EXIT_OK;
};

const finishJson = async (session: Session, read: E.Either<Tagged, unknown>): Promise<number> => {
  const { interrupted, unread } = session.process;
  const error = E.isLeft(read) ? `,"error":${JSON.stringify(describeError(read.left))}` : '';
  session.print(`]},"ok":${E.isRight(read)}${error}}\n`);
  await session.flush();
  if (interrupted.aborted) return EXIT_INTERRUPTED;
  return E.isRight(read) || unread.aborted ? EXIT_OK : EXIT_FAILED;
};
