/** The controls of a run: what the user wants now, told to the tunnel as soon as there is one. */
import type { LiquidError } from '@liquid/types';
import type { ControlChange, ScenarioContext } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { Compression } from './options.js';
import type { Session } from './session.js';

/** What is wanted of the tunnel, and whether it could be done. */
export interface Switchboard {
  readonly compression: () => Compression;
  readonly lossPercent: () => number;
  /** Passes changes on from now on, `onChange` before each; what differs from what `opened` says, at once. */
  readonly connect: (
    session: Pick<Session, 'setCompression' | 'setLoss'>,
    opened: { readonly compression: Compression; readonly lossPercent: number },
    onChange: () => void,
  ) => void;
  /** Listens no more. */
  readonly disconnect: () => void;
  /** How often compression was switched. */
  readonly switches: () => number;
  /** Whether there was ever loss. */
  readonly wasLossy: () => boolean;
  /** Why a change could not be passed on. */
  readonly failure: () => LiquidError | undefined;
}

const compressionOf = (on: boolean): Compression => (on ? 'rohc' : 'none');

export const createSwitchboard = (
  at: { readonly compression: boolean; readonly lossPercent: number },
  context: Pick<ScenarioContext, 'onControl' | 'logger'>,
): Switchboard => {
  let compression = compressionOf(at.compression);
  let { lossPercent } = at;
  let lossy = lossPercent > 0;
  let switches = 0;
  let failure: LiquidError | undefined;
  let tell: ((change: 'compression' | 'loss') => void) | undefined;

  const take = ({ name, value }: ControlChange): void => {
    if (name === 'compression' && typeof value === 'boolean') {
      const wanted = compressionOf(value);
      if (wanted === compression) return;
      compression = wanted;
      switches++;
      context.logger.info(value ? 'compression on' : 'compression off');
      tell?.('compression');
    } else if (name === 'lossPercent' && typeof value === 'number') {
      if (value === lossPercent) return;
      lossPercent = value;
      lossy ||= value > 0;
      context.logger.info(`loss ${value} %`);
      tell?.('loss');
    }
  };
  const off = context.onControl(take);
  return {
    compression: () => compression,
    lossPercent: () => lossPercent,
    connect: (session, opened, onChange) => {
      // Order is kept: questions to an end are answered one after the other.
      const pass = async (task: TaskEither<LiquidError, void>): Promise<void> => {
        const passed = await task();
        if (E.isLeft(passed)) failure ??= passed.left;
      };
      tell = (change) => {
        onChange();
        void pass(
          change === 'loss' ? session.setLoss(lossPercent) : session.setCompression(compression),
        );
      };
      if (opened.compression !== compression) tell('compression');
      if (opened.lossPercent !== lossPercent) tell('loss');
    },
    disconnect: () => {
      tell = undefined;
      off();
    },
    switches: () => switches,
    wasLossy: () => lossy,
    failure: () => failure,
  };
};
