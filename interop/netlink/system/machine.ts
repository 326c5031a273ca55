/** What a test of the running kernel needs: permission to run, and a lab for its length. */
import { type NetworkDescription, type Netlab, useNetlab } from '@liquid/netlab';
import type { Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import { test } from 'vitest';

const asked = process.env['LIQUID_SYSTEM'] === '1';

/** A test of the running kernel: skipped with its reason unless asked for. */
export const systemTest = (name: string, run: () => Promise<void>): void => {
  test(name, async (context) => {
    if (!asked) context.skip('changes namespaces: as root, run with LIQUID_SYSTEM=1');
    await run();
  });
};

/** Whether the processor is emulated: what takes it so long says nothing about a real one. */
const emulated = process.env['LIQUID_EMULATED'] === '1';

/** A system test that bounds the time of a real processor; left out in `pnpm prove netlink --guest`. */
export const processorTest = (name: string, run: () => Promise<void>): void => {
  test(name, async (context) => {
    if (!asked) context.skip('measures the machine: as root, run with LIQUID_SYSTEM=1');
    if (emulated) context.skip('bounds the time of a processor, and this one is emulated');
    await run();
  });
};

/** The value, or the test fails with the error's words. */
export const right = <A>(result: E.Either<Tagged, A>): A => {
  if (E.isLeft(result)) throw new Error(`${result.left._tag}: ${result.left.message}`);
  return result.right;
};

/** A lab for the length of a test's body; what the body throws comes through. */
export const withLab = async (
  description: NetworkDescription,
  body: (lab: Netlab) => Promise<void>,
): Promise<void> => {
  let thrown: unknown;
  const used = await useNetlab(description, {}, (lab) =>
    TE.fromTask(async () => {
      try {
        await body(lab);
      } catch (caught) {
        thrown = caught;
      }
    }),
  )();
  if (thrown !== undefined) throw thrown;
  right(used);
};
