/** What the lab and its relay say to each other over the message channel. */

import * as t from 'io-ts';
import { Impairment } from '../../impairment.js';
import { exact, integerIn } from '../codec.js';

/** Impair the packets of a queue from now on; an empty impairment lets them pass. */
export interface RelayRequest {
  readonly request: number;
  readonly queue: number;
  readonly impairment: Impairment;
}

/** Done, or why not. */
export interface RelayReply {
  readonly request: number;
  readonly error?: RelayFailure;
}

/** An error on its way between processes. */
export interface RelayFailure {
  readonly tag: string;
  readonly message: string;
  readonly remedy?: string;
}

const number = integerIn(0, Number.MAX_SAFE_INTEGER, 'a number');
const text = t.string as t.Type<string, unknown>;

export const RelayRequest: t.Type<RelayRequest, unknown> = exact<RelayRequest>('relay request', {
  required: {
    request: number,
    queue: integerIn(0, 0xffff, 'a queue, 0 to 65535'),
    impairment: Impairment,
  },
});

const RelayFailure = exact<RelayFailure>('relay failure', {
  required: { tag: text, message: text },
  optional: { remedy: text },
});

export const RelayReply: t.Type<RelayReply, unknown> = exact<RelayReply>('relay reply', {
  required: { request: number },
  optional: { error: RelayFailure },
});
