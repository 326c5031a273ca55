/** Freezes a value and all that it holds, so that whoever changes it fails. */
export const deepFreeze = <A>(value: A, seen = new Set<unknown>()): A => {
  if (typeof value !== 'object' || value === null || seen.has(value)) return value;
  seen.add(value);
  for (const part of Object.values(value)) deepFreeze(part, seen);
  return Object.freeze(value);
};
