/** The scenarios of `@liquid/mptcp-pm`, as the console lists and runs them. */
import type { Scenario } from '@liquid/types/scenario';
import { httpTwoPaths } from './http-two-paths.js';
import { interactiveBufferbloat } from './interactive-bufferbloat.js';
import { oneInterfaceIsEnough } from './one-interface-is-enough.js';
import { resetStorm } from './reset-storm.js';
import { smartPaths } from './smart-paths.js';

/** Everything that this app shows. */
export const scenarios: ReadonlyArray<Scenario> = [
  smartPaths,
  oneInterfaceIsEnough,
  interactiveBufferbloat,
  resetStorm,
  httpTwoPaths,
];
