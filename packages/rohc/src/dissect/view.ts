/** What a decompressor knows about one flow, copied out for a dissector and for people. */
import { contextOf } from '../internal/context-access.js';
import type { Decompressor } from '../decompressor.js';
import { IPV4 } from '../internal/header-chain.js';
import { IpDecompressorContext } from '../profiles/ip/decompressor.js';
import { TcpDecompressorContext } from '../profiles/tcp/decompressor.js';
import { RANDOM } from '../profiles/tcp/formats.js';
import * as S from '../profiles/tcp/state.js';
import type { IpContextState } from './ip.js';
import { HEADER_NAMES } from './tcp-chains.js';
import type { TcpContextState } from './tcp-work.js';

/**
 * A decompressor's context at one moment: it does not change when the decompressor goes on. Made by {@link viewOf}.
 *
 * @since 0.1.0
 */
export interface ContextView {
  readonly cid: number;
  readonly profile: number;
  /** What can be decoded: nothing but IR, headers with a strong CRC, everything. */
  readonly state: 'no context' | 'static context' | 'full context';
  /** (Master) sequence number of the reference packet. */
  readonly msn: number;
  /** Profile 0x0006: the set of packet formats that CO packets are read in. */
  readonly formatSet?: 'random' | 'sequential';
  /** Headers that the context knows, outermost first. */
  readonly headers: readonly string[];
}

/** With what only the dissector reads. */
export interface OwnedContextView extends ContextView {
  readonly tcp?: TcpContextState;
  readonly ip?: IpContextState;
}

const STATES = ['no context', 'static context', 'full context'] as const;

const tcpView = (context: TcpDecompressorContext): Partial<OwnedContextView> => {
  const { rows, hasPrevious, generic, template: t } = context.save();
  const row = rows.subarray(0, S.STATE_WORDS);
  const behavior = row[S.IP + (t.ipCount - 1) * S.IP_WORDS + S.IP_BEHAVIOR] as number;
  const sequential = t.kind[t.innermost] === IPV4 && behavior < RANDOM;
  return {
    formatSet: sequential ? 'sequential' : 'random',
    headers: [...[...t.kind.subarray(0, t.count)].map((kind) => HEADER_NAMES[kind] ?? ''), 'TCP'],
    tcp: {
      row,
      previous: hasPrevious ? rows.subarray(S.STATE_WORDS) : undefined,
      generic,
      template: t,
    },
  };
};

const ipView = (context: IpDecompressorContext): Partial<OwnedContextView> => {
  const ip = context.view();
  return ip === undefined ? {} : { headers: ip.versions.map((version) => `IPv${version}`), ip };
};

/**
 * The context of `decompressor` behind `cid` as it stands now, or undefined where there is none. A copy: cost and size
 * do not depend on the flow's past.
 *
 * @example
 * ```ts
 * import { createDecompressor, viewOf } from '@liquid/rohc'
 * import * as E from 'fp-ts/lib/Either.js'
 *
 * const decompressor = createDecompressor()
 * if (E.isRight(decompressor)) console.log(viewOf(decompressor.right, 0)) // undefined
 * ```
 * @since 0.1.0
 */
export const viewOf = (decompressor: Decompressor, cid: number): ContextView | undefined => {
  const context = contextOf(decompressor, cid);
  if (context === undefined) return undefined;
  const own =
    context instanceof TcpDecompressorContext && context.mode !== 0
      ? tcpView(context)
      : context instanceof IpDecompressorContext
        ? ipView(context)
        : {};
  const view: OwnedContextView = {
    cid,
    profile: context.profile,
    state: STATES[context.mode] ?? 'no context',
    msn: context.msn,
    headers: [],
    ...own,
  };
  return view;
};
