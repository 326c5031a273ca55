/** Requests that are refused: a status, an error with its mend, and complaints by input. */

import { describeError, type Tagged } from '@liquid/types';
import type { FastifyReply } from 'fastify';
import type { Refusal } from '../api.js';

/** Why a request was refused, before it is sent. */
export interface Refused {
  /** The HTTP status. */
  readonly status: number;
  readonly error: Tagged;
  /** Complaints by the input's name. */
  readonly inputs?: Readonly<Record<string, string>>;
}

/** A refusal. */
export const refused = (
  status: number,
  error: Tagged,
  inputs?: Readonly<Record<string, string>>,
): Refused => ({ status, error, ...(inputs === undefined ? {} : { inputs }) });

/** What is sent. */
export const refusalBody = ({ error, inputs }: Refused): Refusal => ({
  ok: false,
  error: describeError(error),
  ...(inputs === undefined ? {} : { inputs }),
});

/** Sends it. */
export const sendRefusal = (reply: FastifyReply, refusal: Refused): FastifyReply => {
  // Nothing of what is refused for lack of room is worth asking again at once.
  if (refusal.status === 429 || refusal.status === 503) reply.header('retry-after', '2');
  return reply.status(refusal.status).send(refusalBody(refusal));
};

/** A refusal on its way through Fastify, which knows only exceptions. */
export class RefusedError extends Error {
  constructor(readonly refusal: Refused) {
    super(refusal.error.message);
  }
}
