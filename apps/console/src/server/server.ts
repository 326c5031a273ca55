/** The console's server: page, API and runs, opened on loopback and closed with nothing left behind. */

import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AbortSignalLike,
  attemptTask,
  type Clock,
  type LiquidError,
  openRunning,
  type Running,
  type Scope,
  systemClock,
} from '@liquid/types';
import type { ProbeHost } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import * as t from 'io-ts';
import type { Discovery } from '../discover.js';
import { catalogueOf } from './catalogue.js';
import { createApp } from './http.js';
import { DEFAULT_LIMITS, type Limits } from './limits.js';
import { servePage } from './page.js';
import { addRoutes } from './routes.js';
import { createRuns } from './runs.js';
import { createStreams } from './streams.js';
import { createUploads } from './uploads.js';

/** What the server is started with. */
export interface ServerOptions {
  /** The scenarios, and the apps that could not be loaded. */
  readonly discovery: Discovery;
  readonly host: ProbeHost;
  /** Of the console, as the page shows it. */
  readonly version: string;
  /** Starts the terminal program: program, its script, and where it finds the same scenarios. */
  readonly program: readonly [string, ...ReadonlyArray<string>];
  /** The folder with the built page. */
  readonly page: string;
  /** On loopback; 0 takes a free one. */
  readonly port?: number | undefined;
  readonly signal?: AbortSignalLike | undefined;
  readonly limits?: Partial<Limits> | undefined;
  readonly clock?: Clock | undefined;
}

/** What the server tells. */
export type ServerEvent = {
  readonly _tag: 'RunStarted' | 'RunEnded';
  readonly run: string;
  readonly scenario: string;
};

/** Codec of {@link ServerStats}. */
const ServerStats = t.type({
  /** Runs that go on. */
  runs: t.number,
  streams: t.number,
  uploads: t.number,
  uploadOctets: t.number,
});

/** Counts at a moment. */
export type ServerStats = t.TypeOf<typeof ServerStats>;

/** What a server has besides its life. */
interface Served {
  readonly port: number;
  /** As it is opened in a browser. */
  readonly url: string;
  /** The folder of uploads and runs. */
  readonly folder: string;
}

/** A server that runs. */
export type Server = Served & Running<ServerEvent, ServerStats>;

const LOOPBACK = '127.0.0.1';

/** Folders of servers; the process's id tells whether its server is alive. */
const FOLDER = /^liquid-console-(\d+)-\w+$/;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Removes what servers left that were killed; those of other users stay, for it is not ours to remove. */
const sweep = async (folder: string): Promise<void> => {
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = FOLDER.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    await rm(join(folder, name), { recursive: true, force: true }).catch(() => undefined);
  }
};

/** The folder of uploads and runs: this user's alone, and gone with the server. */
const openFolder = (scope: Scope<ServerEvent>): TaskEither<LiquidError, string> =>
  attemptTask('making a folder for uploads', async () => {
    await sweep(tmpdir());
    const folder = await mkdtemp(join(tmpdir(), `liquid-console-${process.pid}-`));
    scope.defer(
      attemptTask('removing the folder of uploads', () =>
        rm(folder, { recursive: true, force: true }),
      ),
    );
    await mkdir(join(folder, 'files'));
    await mkdir(join(folder, 'runs'));
    return folder;
  });

const acquire =
  (
    options: ServerOptions,
    scope: Scope<ServerEvent>,
  ): TaskEither<LiquidError, Served & { readonly stats: () => ServerStats }> =>
  async () => {
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const clock = options.clock ?? systemClock;
    const made = await openFolder(scope)();
    if (E.isLeft(made)) return made;
    const folder = made.right;
    const uploads = createUploads(join(folder, 'files'), limits);
    const runs = createRuns({
      scenarios: options.discovery.scenarios,
      host: options.host,
      clock,
      program: options.program,
      folder: join(folder, 'runs'),
      uploads,
      limits,
      onChange: ({ id, scenario, outcome }) =>
        scope.emit({ _tag: outcome === null ? 'RunStarted' : 'RunEnded', run: id, scenario }),
    });
    // A process that is made to end at once still takes its runs and its files with it.
    const lastMoment = (): void => {
      runs.killAll();
      rmSync(folder, { recursive: true, force: true });
    };
    process.on('exit', lastMoment);
    scope.defer(() => {
      process.off('exit', lastMoment);
      return Promise.resolve(E.right(undefined));
    });
    scope.defer(attemptTask('stopping the runs', runs.stopAll));

    const streams = createStreams(limits, clock);
    let port = 0;
    const app = createApp(limits, () => port);
    scope.defer(attemptTask('closing the server', async () => app.close()));
    scope.defer(() => {
      streams.stop();
      return Promise.resolve(E.right(undefined));
    });
    const instance = randomBytes(8).toString('hex');
    const facts = { version: options.version, instance, uploadLimit: limits.uploadOctets };
    addRoutes(app, {
      runs,
      streams,
      uploads,
      catalogue: () => catalogueOf(options.discovery, options.host, facts),
    });
    const listening = await attemptTask(`listening on ${LOOPBACK}`, async () => {
      await servePage(app, options.page);
      await app.listen({ host: LOOPBACK, port: options.port ?? 0 });
    })();
    if (E.isLeft(listening)) return listening;
    const address = app.server.address();
    port = typeof address === 'object' && address !== null ? address.port : 0;
    const stats = (): ServerStats => {
      const { files, octets } = uploads.stats();
      return { runs: runs.going(), streams: streams.count(), uploads: files, uploadOctets: octets };
    };
    return E.right({ port, url: `http://${LOOPBACK}:${port}/`, folder, stats });
  };

/**
 * Serves the console on loopback, until it is stopped. Then its runs are stopped, too, and its files
 * are gone.
 */
export const startServer = (options: ServerOptions): TaskEither<LiquidError, Server> =>
  openRunning<ServerEvent, ServerStats>()(
    { what: 'console', statsCodec: ServerStats, signal: options.signal },
    (scope) => acquire(options, scope),
  );
