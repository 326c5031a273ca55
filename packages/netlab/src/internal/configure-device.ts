/** Address, MTU and state of an interface that this process made itself. */

import * as E from 'fp-ts/lib/Either.js';
import type { LiquidError } from '@liquid/types';
import type { Argv } from '../argv.js';
import { splitPrefix } from './address.js';
import { runAdministration } from './run-step.js';

export interface DeviceSettings {
  readonly device: string;
  readonly namespace: string | undefined;
  readonly addresses: ReadonlyArray<string>;
  readonly mtu: number;
  readonly queueLength: number;
  readonly up: boolean;
}

/** The commands that set an interface up. Pure. */
const deviceCommands = (settings: DeviceSettings): ReadonlyArray<Argv> => {
  const { device, namespace, addresses, mtu, queueLength, up } = settings;
  const ip = (...rest: string[]): Argv =>
    namespace === undefined ? ['ip', ...rest] : ['ip', '-n', namespace, ...rest];
  return [
    ip(
      'link',
      'set',
      'dev',
      device,
      'mtu',
      String(mtu),
      'txqueuelen',
      String(queueLength),
      ...(up ? ['up'] : []),
    ),
    ...addresses.map((address) => {
      const noDad = splitPrefix(address)?.family === 6 ? ['nodad'] : [];
      return ip('addr', 'add', address, 'dev', device, ...noDad);
    }),
  ];
};

/** Runs them; stops at the first that fails. */
export const configureDevice = async (
  settings: DeviceSettings,
  signal: AbortSignal | undefined,
): Promise<E.Either<LiquidError, void>> => {
  for (const argv of deviceCommands(settings)) {
    const done = await runAdministration(argv, signal);
    if (E.isLeft(done)) return done;
  }
  return E.right(undefined);
};
