/** A trade drawn: chips of what is spent, an arrow, chips of what is gained. */
import { resourceKinds, type Trade } from '@liquid/types';
import type { ReactNode } from 'react';
import { resourceWord } from './words.ts';

const Chips = ({
  side,
  kinds,
}: {
  readonly side: 'spent' | 'gained';
  readonly kinds: Trade['spends'];
}): ReactNode => (
  <span className={`chips chips-${side}`}>
    <span className="chips-label">{side === 'spent' ? 'spends' : 'gains'}</span>
    {kinds.map((kind) => (
      <span key={kind} className={`chip chip-${side}`} title={resourceKinds[kind]}>
        {resourceWord(kind, side)}
      </span>
    ))}
  </span>
);

/** The arrow between the two sides. */
const Arrow = (): ReactNode => (
  <svg className="trade-arrow" viewBox="0 0 28 12" width="28" height="12" aria-hidden="true">
    <path d="M1 6h24M20 1.5 25.5 6 20 10.5" fill="none" stroke="currentColor" strokeWidth="1.6" />
  </svg>
);

export const TradeView = ({ trade }: { readonly trade: Trade }): ReactNode => (
  <div className="trade">
    <Chips side="spent" kinds={trade.spends} />
    <Arrow />
    <Chips side="gained" kinds={trade.gains} />
  </div>
);
