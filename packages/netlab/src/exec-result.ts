/** What is left of a program that has run to its end. */

/** What a program left behind; its exit code is for the caller to judge. @since 0.1.0 */
export interface ExecResult {
  /** `null` where a signal ended it. */
  readonly exitCode: number | null;
  /** The signal that ended it, as in `SIGTERM`. */
  readonly signal: NodeJS.Signals | null;
  /** All of its output, as UTF-8. */
  readonly stdout: string;
  readonly stderr: string;
}
