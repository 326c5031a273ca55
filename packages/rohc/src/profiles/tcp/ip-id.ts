/**
 * Watches how the innermost IPv4 header's IP-ID changes and names its behaviour (RFC 6846 section 6.1.2).
 */
import { RANDOM, SEQUENTIAL, SEQUENTIAL_SWAPPED, ZERO } from './formats.js';

/** Largest step that still counts as sequential: other flows of the same host may share the counter. */
const STEP_MAX = 20;
/** Misses that end a sequential behaviour: one may be a gap, two in a short while are a habit. */
const MISSES_MAX = 2;
/** Good steps in a row that make a random IP-ID sequential or zero: a change costs several large packets. */
const RUN_MIN = 8;

/** What is remembered of a flow's IP-ID. */
export interface IpIdWatch {
  behavior: number;
  last: number;
  /** Recent misses of the present behaviour, forgotten one every {@link RUN_MIN} good steps. */
  misses: number;
  run: number;
  /** Behaviour that the present run of good steps speaks for. */
  candidate: number;
}

export const createIpIdWatch = (): IpIdWatch => ({
  behavior: RANDOM,
  last: 0,
  misses: 0,
  run: 0,
  candidate: RANDOM,
});

const swap = (id: number): number => ((id & 0xff) << 8) | (id >>> 8);

/** The behaviour that the step from `from` to `to` speaks for. */
const behaviorOfStep = (from: number, to: number): number => {
  if (to === 0 && from === 0) return ZERO;
  const step = (to - from) & 0xffff;
  if (step >= 1 && step <= STEP_MAX) return SEQUENTIAL;
  const swapped = (swap(to) - swap(from)) & 0xffff;
  return swapped >= 1 && swapped <= STEP_MAX ? SEQUENTIAL_SWAPPED : RANDOM;
};

/**
 * The behaviour that a single IP-ID stands for: zero is zero, anything else is taken to count where it may, in the
 * innermost header. Both ends of a context created without an IR settle it by this rule.
 */
export const impliedBehavior = (id: number, innermost: boolean): number =>
  id === 0 ? ZERO : innermost ? SEQUENTIAL : RANDOM;

/** Starts with the first packet of a flow: nothing but its value is known. */
export const startIpId = (watch: IpIdWatch, id: number): void => {
  watch.behavior = impliedBehavior(id, true);
  watch.last = id;
  watch.misses = 0;
  watch.run = 0;
  watch.candidate = watch.behavior;
};

/** Takes the next IP-ID and returns the behaviour to use for it. */
export const nextIpId = (watch: IpIdWatch, id: number): number => {
  const step = behaviorOfStep(watch.last, id);
  watch.last = id;
  if (step === watch.candidate) watch.run++;
  else {
    watch.candidate = step;
    watch.run = 1;
  }
  const { behavior } = watch;
  if (step === behavior) {
    if (watch.misses > 0 && watch.run % RUN_MIN === 0) watch.misses--;
    return behavior;
  }
  if (behavior === ZERO) {
    // zero can't express anything else: leave at once, for the likeliest
    watch.behavior = step === RANDOM ? SEQUENTIAL : step;
    watch.misses = 0;
  } else if (behavior === RANDOM) {
    if (step !== RANDOM && watch.run >= RUN_MIN) {
      watch.behavior = step;
      watch.misses = 0;
    }
  } else {
    watch.misses++;
    if (watch.misses >= MISSES_MAX) {
      watch.misses = 0;
      watch.behavior = step;
    }
  }
  return watch.behavior;
};
