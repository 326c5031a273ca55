/** What a library needs of a logger: the methods of pino, silent unless one is passed in. */

/**
 * One level's method: fields and a message, or a message alone.
 *
 * @since 0.1.0
 */
export interface LogMethod {
  /** Structured fields first, as pino takes them; an error goes under `err`. */
  (fields: object, message?: string): void;
  (message: string): void;
}

/**
 * A logger in pino's method shape: a pino logger fits, and so does any other with these methods.
 *
 * @since 0.1.0
 */
export interface Logger {
  readonly trace: LogMethod;
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  readonly fatal: LogMethod;
  /** A logger that adds fields to every line. */
  readonly child: (bindings: Record<string, unknown>) => Logger;
}

/** The level names, least severe first. @since 0.1.0 */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** Severities as pino numbers them. @since 0.1.0 */
export const logLevels: Readonly<Record<LogLevel, number>> = {
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
};

/** One line as {@link createLogger} hands it on. @since 0.1.0 */
export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  /** Bindings of the logger and its parents, then the line's own fields. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * A logger that hands every line to a function.
 *
 * @param write - takes a line; what it throws is the caller's
 * @param options - `level`: lines below it are dropped (default `trace`)
 * @example
 * ```ts
 * import { createLogger } from '@liquid/types'
 *
 * const logger = createLogger((line) => console.log(line.level, line.message, line.fields))
 * logger.child({ tool: 'rohc' }).info({ packets: 3 }, 'compressed')
 * // info compressed { tool: 'rohc', packets: 3 }
 * ```
 * @since 0.1.0
 */
export const createLogger = (
  write: (line: LogLine) => void,
  options: { readonly level?: LogLevel } = {},
): Logger => {
  const least = logLevels[options.level ?? 'trace'];
  const withBindings = (bindings: Readonly<Record<string, unknown>>): Logger => {
    const method =
      (level: LogLevel): LogMethod =>
      (first: object | string, message?: string) => {
        if (logLevels[level] < least) return;
        const fields = typeof first === 'string' ? bindings : { ...bindings, ...first };
        write({ level, message: typeof first === 'string' ? first : (message ?? ''), fields });
      };
    return {
      trace: method('trace'),
      debug: method('debug'),
      info: method('info'),
      warn: method('warn'),
      error: method('error'),
      fatal: method('fatal'),
      child: (more) => withBindings({ ...bindings, ...more }),
    };
  };
  return withBindings({});
};

const ignore: LogMethod = () => undefined;

/**
 * Says nothing: the default wherever a logger can be passed.
 *
 * @since 0.1.0
 */
export const silentLogger: Logger = {
  trace: ignore,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  fatal: ignore,
  child: () => silentLogger,
};
