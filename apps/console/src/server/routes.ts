/** The routes of the API: what is asked, checked by its codec, and what is answered. */

import { Readable } from 'node:stream';
import { conflict, decode, decodeError, notFound } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import type { FastifyInstance, FastifyReply } from 'fastify';
import * as t from 'io-ts';
import { type Catalogue, ControlRequest, RunRequest } from '../api.js';
import { reportJson } from '../results.js';
import { seriesCsv } from '../series-csv.js';
import { plotNames, plotsOf, renderSvg } from '../svg.js';
import { decodeBody } from './body.js';
import { SVG_POLICY } from './guard.js';
import type { LiveRun } from './live-run.js';
import { type Refused, refused, sendRefusal } from './refusal.js';
import type { Runs } from './runs.js';
import { LAST_EVENT, type Streams } from './streams.js';
import type { Uploads } from './uploads.js';

/** What the routes lead to. */
export interface Routes {
  readonly catalogue: () => Promise<Catalogue>;
  readonly runs: Runs;
  readonly streams: Streams;
  readonly uploads: Uploads;
}

const RunPath = t.type({ id: t.string });
const PlotPath = t.type({ id: t.string, plot: t.string });
const UploadQuery = t.type({ name: t.string });

const readRequest = decodeBody(RunRequest, ['scenario', 'input', 'seed']);
const readControl = decodeBody(ControlRequest, ['name', 'value']);

const answer = (
  reply: FastifyReply,
  result: E.Either<Refused, unknown>,
  status = 200,
): FastifyReply =>
  E.isLeft(result) ? sendRefusal(reply, result.left) : reply.status(status).send(result.right);

/** A file that a browser keeps under this name; scenario ids are plain words. */
const attach = (reply: FastifyReply, type: string, name: string): FastifyReply =>
  reply
    .header('content-type', type)
    .header('content-disposition', `attachment; filename="${name.replaceAll(/[^\w.-]/g, '_')}"`);

const sendReport = (reply: FastifyReply, run: LiveRun): FastifyReply => {
  const { id, scenario, outcome } = run.state();
  if (outcome === null) {
    const remedy = 'wait for its end';
    return sendRefusal(
      reply,
      refused(409, conflict({ what: 'run', path: id, actual: 'it goes on', remedy })),
    );
  }
  return attach(reply, 'application/json; charset=utf-8', `${scenario}-report.json`).send(
    reportJson(outcome),
  );
};

const sendSeries = (reply: FastifyReply, run: LiveRun): FastifyReply => {
  const text = seriesCsv(run.scenario.series, run.store);
  const name = `${run.scenario.id}-series.csv`;
  // Made while it is sent: millions of points are never one text.
  return attach(reply, 'text/csv; charset=utf-8; header=present', name).send(
    Readable.from(text, { objectMode: false }),
  );
};

const sendPlot = (reply: FastifyReply, run: LiveRun, file: string): FastifyReply => {
  const { scenario, store } = run;
  const plots = plotsOf(scenario.series);
  const index = /^(\d{1,3})\.svg$/.exec(file)?.[1];
  const plot = index === undefined ? undefined : plots[Number(index)];
  if (plot === undefined) {
    const expected = plots.length === 0 ? 'none' : `0.svg to ${plots.length - 1}.svg`;
    const path = file.slice(0, 60);
    return sendRefusal(reply, refused(404, notFound({ what: 'plot', path, expected })));
  }
  const name = `${scenario.id}-${plotNames(plots)[Number(index)] ?? 'plot'}.svg`;
  return attach(reply, 'image/svg+xml; charset=utf-8', name)
    .header('content-security-policy', SVG_POLICY)
    .send(renderSvg(scenario.title, plot, store));
};

/** Adds the routes. */
export const addRoutes = (app: FastifyInstance, routes: Routes): void => {
  const { runs, streams, uploads } = routes;
  const idOf = (params: unknown): string =>
    pipe(
      decode(RunPath)(params),
      E.match(
        () => '',
        ({ id }) => id,
      ),
    );
  const withRun = (
    reply: FastifyReply,
    params: unknown,
    use: (run: LiveRun) => FastifyReply,
  ): FastifyReply => {
    const run = runs.find(idOf(params));
    return E.isLeft(run) ? sendRefusal(reply, run.left) : use(run.right);
  };

  app.get('/api/catalogue', async (_, reply) => reply.send(await routes.catalogue()));
  app.get('/api/runs', (_, reply) => reply.send(runs.list()));
  app.post('/api/runs', async ({ body }, reply) => {
    const request = readRequest(body);
    return answer(reply, E.isLeft(request) ? request : await runs.start(request.right), 201);
  });
  app.get('/api/runs/:id', ({ params }, reply) =>
    withRun(reply, params, (run) => reply.send(run.state())),
  );
  app.post('/api/runs/:id/stop', ({ params }, reply) =>
    answer(reply, runs.stop(idOf(params)), 202),
  );
  app.post('/api/runs/:id/controls', ({ params, body }, reply) =>
    answer(
      reply,
      pipe(
        readControl(body),
        E.chain((change) => runs.control(idOf(params), change)),
      ),
      202,
    ),
  );
  app.get('/api/runs/:id/events', ({ params, headers }, reply) =>
    withRun(reply, params, (run) => {
      const over = run.state().outcome !== null;
      // To server-sent events, No Content means: do not come back.
      if (over && headers['last-event-id'] === LAST_EVENT) return reply.status(204).send();
      const room = streams.room();
      if (E.isLeft(room)) return sendRefusal(reply.header('connection', 'close'), room.left);
      reply.hijack();
      streams.open(reply.raw, run);
      return reply;
    }),
  );
  app.get('/api/runs/:id/report.json', ({ params }, reply) =>
    withRun(reply, params, (run) => sendReport(reply, run)),
  );
  app.get('/api/runs/:id/series.csv', ({ params }, reply) =>
    withRun(reply, params, (run) => sendSeries(reply, run)),
  );
  app.get('/api/runs/:id/plots/:plot', ({ params }, reply) =>
    withRun(reply, params, (run) => {
      const path = decode(PlotPath)(params);
      return sendPlot(reply, run, E.isLeft(path) ? '' : path.right.plot);
    }),
  );
  app.post('/api/files', async ({ query, body, headers }, reply) => {
    const named = decode(UploadQuery, 'query')(query);
    if (E.isLeft(named)) return sendRefusal(reply, refused(400, named.left));
    if (!/^application\/octet-stream\b/i.test(headers['content-type'] ?? '')) {
      const expected = 'application/octet-stream';
      const actual = headers['content-type'] ?? '';
      const error = decodeError({ what: 'header Content-Type', expected, actual });
      return sendRefusal(reply, refused(415, error));
    }
    // An empty body is none to Fastify.
    const octets = body instanceof Readable ? body : Readable.from([]);
    const { name } = named.right;
    return answer(reply, await uploads.receive(name, octets, headers['content-length']), 201);
  });
};
