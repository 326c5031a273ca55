/**
 * What decoding one packet needs besides the context; a channel's ROHC-TCP contexts share one.
 */
import { HEADERS_MAX } from '../../internal/header-chain.js';
import { type BaseRecord, createBaseRecord } from './base-header.js';
import { createHeaderTemplate, type HeaderTemplate } from './header-template.js';
import { GENERIC_TABLE_OCTETS } from './state.js';

export interface TcpScratch {
  readonly base: BaseRecord;
  /** The headers that an IR packet brings; changes places with the context's on success. */
  template: HeaderTemplate;
  /** Generic items as this packet leaves them, when {@link genericTouched}. */
  readonly generic: Uint8Array;
  genericTouched: boolean;
  /** Place in the compressed packet of each AH's ICV or GRE's checksum, by header index. */
  readonly opaque: Int32Array;
  /** Items of the current list that came with it (X = 1), one bit each: the irregular chain has none for them. */
  present: number;
  /** Loop turns over untrusted input, all packets together. */
  steps: number;
}

export const createTcpScratch = (): TcpScratch => ({
  base: createBaseRecord(),
  template: createHeaderTemplate(),
  generic: new Uint8Array(GENERIC_TABLE_OCTETS),
  genericTouched: false,
  opaque: new Int32Array(HEADERS_MAX),
  present: 0,
  steps: 0,
});
