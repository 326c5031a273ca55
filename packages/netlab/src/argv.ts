/** A command as data: a program and its arguments. */

/** A program and its arguments; never a shell's string. @since 0.1.0 */
export type Argv = readonly [string, ...string[]];
