/**
 * # @liquid/rohc-example
 *
 * Scenarios of `@liquid/rohc`: real TCP acknowledgements shrink.
 *
 * @packageDocumentation
 */
import type { Scenario } from '@liquid/types/scenario';
import { rohcCapture } from './rohc-capture.js';
import { rohcTunnel } from './rohc-tunnel.js';

/** What this app offers to the console. */
export const scenarios: readonly Scenario[] = [rohcCapture, rohcTunnel];
