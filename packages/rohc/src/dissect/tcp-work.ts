/** What dissecting one ROHC-TCP header needs besides the walk: a copy of the context that the header is read into. */
import {
  copyHeaderTemplate,
  createHeaderTemplate,
  type HeaderTemplate,
} from '../profiles/tcp/header-template.js';
import { createTcpScratch, type TcpScratch } from '../profiles/tcp/scratch.js';
import { STATE_WORDS } from '../profiles/tcp/state.js';

/** A ROHC-TCP context as the dissector keeps it: the reference row, the one before it, headers, generic items. */
export interface TcpContextState {
  readonly row: Uint32Array;
  readonly previous: Uint32Array | undefined;
  readonly generic: Uint8Array | undefined;
  readonly template: HeaderTemplate;
}

export interface TcpWork {
  readonly template: HeaderTemplate;
  /** The context's row as this packet leaves it. */
  readonly row: Uint32Array;
  readonly scratch: TcpScratch;
}

/** A copy to work on; empty without a context. */
export const createTcpWork = (context: TcpContextState | undefined): TcpWork => {
  const template = createHeaderTemplate();
  const scratch = createTcpScratch();
  if (context === undefined) return { template, row: new Uint32Array(STATE_WORDS), scratch };
  copyHeaderTemplate(context.template, template);
  if (context.generic !== undefined) scratch.generic.set(context.generic);
  return { template, row: context.row.slice(), scratch };
};
