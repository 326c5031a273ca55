/**
 * A tunnel's end as a program: `tunnel-worker.ts '<options as JSON>'` says `{"ready":true}`, runs until SIGTERM, and
 * ends with its statistics as one line of JSON.
 */

import { decodeJson, renderError, type Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { openTunnel, TunnelOptions } from './tunnel-endpoint.ts';

const say = (message: unknown): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`);
};

const fail = (error: Tagged): void => {
  process.stderr.write(`${renderError(error)}\n`);
  process.exitCode = 1;
};

const options = decodeJson(TunnelOptions, { what: 'tunnel options' })(process.argv[2] ?? '');
if (E.isLeft(options)) fail(options.left);
else {
  const opened = await openTunnel(options.right)();
  if (E.isLeft(opened)) fail(opened.left);
  else {
    const tunnel = opened.right;
    process.once('SIGTERM', () => void tunnel.stop());
    say({ ready: true });
    const ended = await tunnel.closed;
    if (E.isLeft(ended)) fail(ended.left);
    say(tunnel.stats());
  }
}
