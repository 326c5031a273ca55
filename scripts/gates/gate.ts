/** What a gate is: a named rule over the whole tree that answers with what breaks it. */

export interface Gate {
  /** One word, as used on the command line. */
  readonly name: string;
  /** The rule in one sentence, shown where it is broken. */
  readonly rule: string;
  /**
   * The problems, one a line or paragraph; empty means green.
   *
   * @param folder where a slow gate need only look at one workspace
   */
  readonly check: (root: string, folder?: string) => Promise<readonly string[]>;
}
