/** The controller of generic netlink for the scripted kernel, so that its families are found. */

import * as E from 'fp-ts/lib/Either.js';
import { GENL_ID_CTRL, genericCommand } from '../generic.js';
import { CTRL_CMD, type GenericFamily, readGetFamily, writeFamily } from '../generic-controller.js';
import { NLM_F } from '../message.js';
import { MessageWriter } from '../writer.js';
import type { FakeScript } from './fake-kernel.js';

const ENOENT = 2;
const EOPNOTSUPP = 95;

/** The controller itself, which every kernel has. */
const NLCTRL: GenericFamily = {
  id: GENL_ID_CTRL,
  name: 'nlctrl',
  version: 2,
  headerBytes: 0,
  maxAttribute: 10,
  operations: [{ command: CTRL_CMD.GETFAMILY, flags: 14 }],
  groups: [{ name: 'notify', id: GENL_ID_CTRL }],
};

/**
 * A script that answers GETFAMILY for these families and `nlctrl`, by name and as a dump, and hands
 * every request to another family on to `rest`; without one they are refused with EOPNOTSUPP.
 *
 * @example
 * ```ts
 * import { createFakeKernel, fakeController } from '@liquid/netlink/testing'
 *
 * const kernel = createFakeKernel(fakeController([], (_request, answer) => answer.ack()))
 * console.log(kernel.name) // fake
 * ```
 * @since 0.1.0
 */
export const fakeController =
  (families: ReadonlyArray<GenericFamily>, rest?: FakeScript): FakeScript =>
  (request, answer) => {
    if (request.type !== GENL_ID_CTRL || genericCommand(request) !== CTRL_CMD.GETFAMILY) {
      if (rest === undefined) answer.ack(-EOPNOTSUPP);
      else rest(request, answer);
      return;
    }
    const writer = new MessageWriter();
    const known = [NLCTRL, ...families];
    if ((request.flags & NLM_F.DUMP) === NLM_F.DUMP) {
      for (const family of known) answer.message(writeFamily(writer, family));
      answer.done();
      return;
    }
    const wanted = readGetFamily(request);
    const name = E.isRight(wanted) ? wanted.right : undefined;
    const family = known.find((one) => one.name === name);
    if (family === undefined) {
      answer.ack(-ENOENT);
      return;
    }
    answer.message(writeFamily(writer, family));
    answer.ack();
  };
