/** A file that the runner pushes in chunks, as the async iterable that a capture reader pulls from. */
import type { LiquidError } from '@liquid/types';
import type { InputFile, ScenarioContext } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';

/** The chunks, and how the reading ended once they are through. */
export interface InputChunks {
  /** Each chunk is borrowed until the next one is asked for. */
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly outcome: () => E.Either<LiquidError, void>;
}

/** Stops the runner's reading when nobody pulls any more; never seen outside. */
const DONE = { _tag: 'Done' } as const;

export const inputChunks = (context: ScenarioContext, file: InputFile): InputChunks => {
  let outcome: E.Either<LiquidError, void> = E.right(undefined);
  const generate = async function* (): AsyncGenerator<Uint8Array> {
    let give: (chunk: Uint8Array | undefined) => void = () => undefined;
    let taken: (result: E.Either<typeof DONE, void>) => void = () => undefined;
    let next = new Promise<Uint8Array | undefined>((resolve) => {
      give = resolve;
    });
    const reading = context
      .streamInput(
        file,
        (chunk) =>
          new Promise<E.Either<typeof DONE, void>>((resolve) => {
            taken = resolve;
            give(chunk);
          }),
      )()
      .then((result) => {
        if (E.isLeft(result) && result.left._tag !== 'Done') outcome = E.left(result.left);
        give(undefined);
      });
    try {
      for (;;) {
        const chunk = await next;
        if (chunk === undefined) break;
        next = new Promise((resolve) => {
          give = resolve;
        });
        yield chunk;
        taken(E.right(undefined));
      }
    } finally {
      taken(E.left(DONE));
      await reading;
    }
  };
  return { chunks: { [Symbol.asyncIterator]: generate }, outcome: () => outcome };
};
