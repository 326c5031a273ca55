/** What this machine lacks for a scenario, and what brings it. */
import { type ReactNode, useState } from 'react';
import type { ListedScenario } from '../../src/api.ts';
import { Notice, sentence } from './notice.tsx';

interface NeedsProps {
  readonly scenario: ListedScenario;
  readonly reload: () => Promise<unknown>;
}

export const Needs = ({ scenario, reload }: NeedsProps): ReactNode => {
  const [asking, setAsking] = useState(false);
  const unmet = scenario.needs.filter(({ met }) => !met);
  if (unmet.length === 0) return null;
  const check = async (): Promise<void> => {
    setAsking(true);
    await reload();
    setAsking(false);
  };
  return (
    <Notice kind="warning" title="It can’t run here yet">
      <ul className="needs" id="needs">
        {unmet.map(({ name, remedy }) => (
          <li key={name}>
            It needs <strong>{name}</strong>. {sentence(remedy)}
          </li>
        ))}
      </ul>
      <p>
        <button
          type="button"
          className="button button-small"
          disabled={asking}
          onClick={() => void check()}
        >
          {asking ? 'Checking …' : 'Check again'}
        </button>
      </p>
    </Notice>
  );
};
