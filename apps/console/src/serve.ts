/** The command `serve`: opens the server, says where, and stays until it is stopped. */

import { type AbortSignalLike, describeError, onAbort, renderError } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { Output } from './output.js';
import { EXIT } from './run.js';
import { startServer, type ServerOptions } from './server/server.js';
import { paint, type Style } from './terminal.js';

/** What the command is started with. */
export interface ServeOptions extends Omit<ServerOptions, 'signal'> {
  readonly json: boolean;
  readonly output: Output;
  readonly style: Style;
  /** Ends it in an orderly way. */
  readonly signal: AbortSignalLike;
  /** Whether a person watches standard error. */
  readonly watched: boolean;
}

/**
 * Serves until the signal; gives the exit code. To be stopped is how a server ends: that is no
 * failure.
 */
export const serve = async (options: ServeOptions): Promise<number> => {
  const { json, output, style, signal, watched } = options;
  const opened = await startServer({ ...options, signal: undefined })();
  if (E.isLeft(opened)) {
    if (json) output.out(JSON.stringify({ ok: false, error: describeError(opened.left) }));
    else output.note(`${paint(style, 'red', 'error')}: ${renderError(opened.left)}`);
    return EXIT.failed;
  }
  const server = opened.right;
  const { url, port } = server;
  output.out(json ? JSON.stringify({ ok: true, result: { url, port } }) : url);
  if (watched) output.note(paint(style, 'dim', 'Open it in a browser. Ctrl-C ends it.'));
  const off = onAbort(signal, () => void server.stop());
  const end = await server.closed;
  off();
  if (E.isRight(end)) return EXIT.ok;
  output.note(`${paint(style, 'red', 'error')}: ${renderError(end.left)}`);
  return EXIT.failed;
};
