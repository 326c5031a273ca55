/** A logger that keeps its lines for a test to look at. */

import { createLogger, type Logger, type LogLine } from '../logger.js';

/** A {@link Logger} and what it was told. @since 0.1.0 */
export interface RecordingLogger {
  readonly logger: Logger;
  /** All lines so far, oldest first; also those of children. */
  readonly lines: ReadonlyArray<LogLine>;
}

/**
 * Makes a recording logger.
 *
 * @example
 * ```ts
 * import { createRecordingLogger } from '@liquid/types/testing'
 *
 * const { logger, lines } = createRecordingLogger()
 * logger.warn('late')
 * console.log(lines[0]?.level, lines[0]?.message) // warn late
 * ```
 * @since 0.1.0
 */
export const createRecordingLogger = (): RecordingLogger => {
  const lines: Array<LogLine> = [];
  return { logger: createLogger((line) => void lines.push(line)), lines };
};
