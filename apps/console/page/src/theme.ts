/** Light or dark: as the system has it, unless the reader chose. */

export const LOOKS = ['system', 'light', 'dark'] as const;
export type Look = (typeof LOOKS)[number];

/** Read before the first paint by `chosen-look.js`. */
const KEY = 'lq-look';

const listeners = new Set<() => void>();

/** The chosen look. */
export const lookNow = (): Look => {
  const { look } = document.documentElement.dataset;
  return look === 'light' || look === 'dark' ? look : 'system';
};

export const chooseLook = (look: Look): void => {
  if (look === 'system') delete document.documentElement.dataset['look'];
  else document.documentElement.dataset['look'] = look;
  try {
    if (look === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, look);
  } catch {
    // Storage is switched off: the choice lasts as long as the page.
  }
  for (const listener of listeners) listener();
};

/** Calls back when colours change: by choice, by the system, or for paper, which is light. */
export const onLook = (listener: () => void): (() => void) => {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const paper = matchMedia('print');
  listeners.add(listener);
  paper.addEventListener('change', listener);
  dark.addEventListener('change', listener);
  return () => {
    listeners.delete(listener);
    paper.removeEventListener('change', listener);
    dark.removeEventListener('change', listener);
  };
};

/** The value of a custom property of the look, as `--lq-text`. */
export const token = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();
