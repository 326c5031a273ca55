/** The units in which a quantity is read and written. */

/** One unit of a {@link Scale}. @since 0.1.0 */
export interface ScaleUnit {
  /** As printed, as in `KiB`. */
  readonly symbol: string;
  /** How many base units it is, as numerator and denominator; both above zero. */
  readonly times: readonly [bigint, bigint];
  /** Other spellings that are read. */
  readonly aliases?: ReadonlyArray<string>;
  /** Whether the rounded form for people may use it. */
  readonly approximate?: boolean;
  /** Whether it is only read, never printed. */
  readonly readOnly?: boolean;
}

/** The units of one quantity, the base unit first. @since 0.1.0 */
export type Scale = readonly [ScaleUnit, ...ReadonlyArray<ScaleUnit>];
