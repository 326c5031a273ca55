/** How many cases a property runs: a share of `LIQUID_CASES`, 10^5 unless set. */
export const cases = (share: number) => ({
  numRuns: Math.max(10, Math.round(Number(process.env['LIQUID_CASES'] ?? 100_000) * share)),
});
