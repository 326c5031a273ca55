/** The console as a process of its own, as `npm start` leaves it: started, read for its address, ended by its id. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { must, root } from './skip.ts';

/** How it is started. */
export interface ConsoleOptions {
  /** Modules with further scenarios. */
  readonly from?: readonly string[];
  /** 0, the default, takes any that is free. */
  readonly port?: number;
  /** As `nobody`, who may do nothing, instead of root. */
  readonly unprivileged?: boolean;
}

/** A console that answers. */
export interface Console {
  readonly origin: string;
  readonly port: number;
  /** All that it has printed. */
  readonly printed: () => string;
  /** Milliseconds from the start to the printed address. */
  readonly startedInMs: number;
  /** Asks it to end and waits; idempotent. Gives the exit code, or null where it had to be killed. */
  readonly stop: () => Promise<number | null>;
}

const START_MS = 30_000;
const STOP_MS = 10_000;

const node = join(root, 'node_modules/.bin/node');

/** What starts the program, before its arguments. */
export const programOf = (unprivileged: boolean): readonly string[] => {
  const cli = must(join(root, 'apps/console/dist/cli.js'), 'pnpm run build');
  return unprivileged
    ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all', node, cli]
    : [node, cli];
};

const ended = (child: ChildProcess): boolean =>
  child.exitCode !== null || child.signalCode !== null;

/** Starts a console and waits for its address. */
export const startConsole = async (options: ConsoleOptions = {}): Promise<Console> => {
  must(join(root, 'apps/console/dist/page/index.html'), 'pnpm run build');
  const [program = node, ...before] = programOf(options.unprivileged === true);
  const child = spawn(
    program,
    [
      ...before,
      'serve',
      '--port',
      String(options.port ?? 0),
      ...(options.from ?? []).map((file) => `--from=${file}`),
    ],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } },
  );
  const begun = performance.now();
  let printed = '';
  const stop = async (): Promise<number | null> => {
    if (!ended(child)) {
      const exit = once(child, 'exit');
      child.kill('SIGINT');
      const deadline = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await exit;
      clearTimeout(deadline);
    }
    return child.exitCode;
  };
  const url = new Promise<URL>((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      printed += chunk.toString();
      const found = /http:\/\/(?:127\.0\.0\.1|localhost):\d+/.exec(printed)?.[0];
      if (found !== undefined) resolve(new URL(found));
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the console ended with ${code}: ${printed}`)));
    setTimeout(
      () => reject(new Error(`no address in ${START_MS} ms: ${printed}`)),
      START_MS,
    ).unref();
  });
  try {
    const { origin, port } = await url;
    return {
      origin,
      port: Number(port),
      printed: () => printed,
      startedInMs: performance.now() - begun,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
