/** Whether what arrived is what was sent. */
import { corrupt, type LiquidError } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { Carried } from './stream.js';

/** Left `Corrupt` where octets or hashes differ. */
export const sameOctets = (sent: Carried, received: Carried): E.Either<LiquidError, void> =>
  sent.bytes === received.bytes && sent.sha256 !== undefined && sent.sha256 === received.sha256
    ? E.right(undefined)
    : E.left(
        corrupt({
          what: 'transfer',
          expected: `${sent.bytes} octets with SHA-256 ${sent.sha256 ?? 'none yet'}`,
          actual: `${received.bytes} octets with SHA-256 ${received.sha256 ?? 'none'}`,
        }),
      );
