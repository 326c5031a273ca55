/**
 * How a sender chooses its IP identification: counting, counting in the other byte order, constant or at random, told
 * from the values alone.
 */
import { FLAG_NBO, FLAG_RND, FLAG_SID } from './formats.js';
import { swap16 } from './layout.js';

/**
 * A counter shared with other flows may run ahead so far between two packets and still be taken for a counter. One more
 * would be the step of a counter in the other byte order.
 */
const COUNTER_STEP_MAX = 0xff;
/** Longest run that is counted. */
const RUN_MAX = 15;

/** Runs of equal evidence, four bits each in one number: constant, counting, counting swapped, none of these. */
const SAME = 0;
const SEQUENTIAL = 4;
const SWAPPED = 8;
const RANDOM = 12;

/** No evidence yet. */
export const NO_RUNS = 0;

const run = (runs: number, shift: number): number => (runs >>> shift) & RUN_MAX;

const extended = (runs: number, shift: number, holds: boolean): number => {
  if (!holds) return 0;
  const length = run(runs, shift);
  return (length < RUN_MAX ? length + 1 : length) << shift;
};

/** The runs after `id` came behind `last`. */
export const observeIpId = (runs: number, last: number, id: number): number => {
  const same = id === last;
  const step = (id - last) & 0xffff;
  const swappedStep = (swap16(id) - swap16(last)) & 0xffff;
  const sequential = !same && step <= COUNTER_STEP_MAX;
  const swapped = !same && swappedStep <= COUNTER_STEP_MAX;
  return (
    extended(runs, SAME, same) |
    extended(runs, SEQUENTIAL, sequential) |
    extended(runs, SWAPPED, swapped) |
    extended(runs, RANDOM, !same && !sequential && !swapped)
  );
};

/**
 * The flags (RND, NBO, SID) to announce, given those announced before. While all dynamic fields are sent anyway
 * (`free`) a change of mind costs nothing; later it costs several larger packets and needs more evidence.
 */
export const chooseIpIdFlags = (flags: number, runs: number, free: boolean): number => {
  const same = run(runs, SAME);
  const sequential = run(runs, SEQUENTIAL);
  const swapped = run(runs, SWAPPED);
  const random = run(runs, RANDOM);
  if ((flags & FLAG_SID) !== 0) {
    if (same > 0) return flags;
    // the value moved: the offset form carries any value, so it is the safe guess
    return swapped > 0 && sequential === 0 ? 0 : FLAG_NBO;
  }
  if ((flags & FLAG_RND) !== 0) {
    if (same >= (free ? 2 : 3)) return FLAG_NBO | FLAG_SID;
    if (sequential >= (free ? 3 : 6)) return FLAG_NBO;
    return swapped >= (free ? 3 : 6) ? 0 : flags;
  }
  if (same >= (free ? 1 : 2)) return FLAG_NBO | FLAG_SID;
  if (random >= (free ? 2 : 3)) return FLAG_RND | FLAG_NBO;
  if ((flags & FLAG_NBO) !== 0) {
    return swapped >= (free ? 1 : 2) && sequential === 0 ? 0 : flags;
  }
  return sequential >= (free ? 1 : 2) && swapped === 0 ? FLAG_NBO : flags;
};
