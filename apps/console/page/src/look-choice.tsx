/** The reader's choice of light or dark. */
import { type ReactNode, useSyncExternalStore } from 'react';
import { chooseLook, LOOKS, lookNow, onLook } from './theme.ts';

const NAMES = { system: 'Auto', light: 'Light', dark: 'Dark' } as const;

export const LookChoice = (): ReactNode => {
  const chosen = useSyncExternalStore(onLook, lookNow);
  return (
    <fieldset className="look-choice">
      <legend className="hidden">Colours</legend>
      {LOOKS.map((look) => (
        <label key={look}>
          <input
            type="radio"
            name="look"
            checked={look === chosen}
            onChange={() => chooseLook(look)}
          />
          <span>{NAMES[look]}</span>
        </label>
      ))}
    </fieldset>
  );
};
