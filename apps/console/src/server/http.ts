/** The HTTP side: bounded in time, size and number, and every failure a refusal that says why. */

import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Readable } from 'node:stream';
import { decodeError, fromUnknown, limitExceeded, notFound, timeout } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Socket } from 'node:net';
import { discarded, readJson } from './body.js';
import { createGuard, SECURITY_HEADERS } from './guard.js';
import type { Limits } from './limits.js';
import { type Refused, refusalBody, refused, RefusedError, sendRefusal } from './refusal.js';

/** Characters of one part of a path: ids and names are short. */
const PART_CHARACTERS = 200;

/** What Fastify and its router say, in the words of the house. */
const ofFramework = (error: unknown): Refused => {
  if (error instanceof RefusedError) return error.refusal;
  const { code = '', statusCode = 500 } = error as {
    readonly code?: string;
    readonly statusCode?: number;
  };
  switch (code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
    case 'FST_ERR_CTP_EMPTY_TYPE': {
      const expected = 'application/json, or application/octet-stream for a file';
      return refused(
        415,
        decodeError({ what: 'header Content-Type', expected, actualText: 'another' }),
      );
    }
    case 'FST_ERR_BAD_URL':
      return refused(
        400,
        decodeError({ what: 'path', expected: 'a valid path', actualText: 'another text' }),
      );
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return refused(
        414,
        limitExceeded({ what: 'part of the path', expected: PART_CHARACTERS, actual: 'more' }),
      );
    default: {
      const client = statusCode >= 400 && statusCode < 500;
      return refused(client ? statusCode : 500, fromUnknown('the request')(error));
    }
  }
};

/** What the parser of HTTP says. */
const ofConnection = (code: string | undefined): Refused => {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return refused(431, limitExceeded({ what: 'headers', expected: '16 KiB', actual: 'more' }));
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return refused(408, timeout({ what: 'the request' }));
    default:
      return refused(
        400,
        decodeError({ what: 'request', expected: 'HTTP/1.1', actualText: 'other octets' }),
      );
  }
};

/** The refusal of octets that are no request, as octets. */
const refusalOctets = (code: string | undefined): string => {
  const refusal = ofConnection(code);
  const body = JSON.stringify(refusalBody(refusal));
  const heads = {
    ...SECURITY_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(heads).map(([name, value]) => `${name}: ${value}`);
  const first = `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ''}`;
  return [first, ...lines, '', body].join('\r\n');
};

/** Answers that must go out before a connection is told that it sent rubbish. */
const ANSWERS_MS = 1000;

/** Answers by hand where there is no request to answer to, behind the answers to those before. */
const createConnectionRefusal =
  (answering: WeakMap<Socket, Set<ServerResponse>>) =>
  (error: { readonly code?: string | undefined }, socket: Socket): void => {
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const before = [...(answering.get(socket) ?? [])];
    // A request that is itself half: what it still waits for never comes.
    const whole = before.filter(({ req }) => req.complete);
    const timer = setTimeout(() => socket.destroy(), ANSWERS_MS);
    socket.once('close', () => clearTimeout(timer));
    const gone = whole.map((response) => new Promise((resolve) => response.once('close', resolve)));
    void Promise.all(gone).then(() => socket.end(refusalOctets(error.code)));
  };

/**
 * An application without routes. It answers nobody before it is told its port: the port is part of
 * the names under which it may be spoken to.
 */
export const createApp = (limits: Limits, port: () => number): FastifyInstance => {
  const answering = new WeakMap<Socket, Set<ServerResponse>>();
  const app = Fastify({
    logger: false,
    bodyLimit: limits.bodyOctets,
    requestTimeout: limits.requestMs,
    forceCloseConnections: true,
    return503OnClosing: true,
    routerOptions: { maxParamLength: PART_CHARACTERS },
    http: {
      headersTimeout: limits.headMs,
      connectionsCheckingInterval: Math.max(50, Math.min(2000, limits.headMs / 4)),
      // The guard says it in better words.
      requireHostHeader: false,
    },
    clientErrorHandler: createConnectionRefusal(answering),
    frameworkErrors: (error, _, reply) => {
      void sendRefusal((reply as FastifyReply).headers(SECURITY_HEADERS), ofFramework(error));
    },
  });
  app.server.maxConnections = limits.connections;
  app.server.prependListener('request', ({ socket }, response) => {
    const open = answering.get(socket) ?? new Set();
    answering.set(socket, open.add(response));
    response.once('close', () => open.delete(response));
  });

  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    const allowed = createGuard(port())(request.raw.url ?? '', request.headers);
    if (E.isLeft(allowed)) {
      sendRefusal(reply, allowed.left);
      return reply;
    }
    return undefined;
  });
  // An answer in the middle of a body would be lost with the connection: it goes out behind it.
  app.addHook('onSend', async ({ raw }) => {
    if (!raw.complete) await discarded(raw);
  });

  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    async (request: { headers: Readonly<Record<string, unknown>> }, body: Readable) => {
      const declared = request.headers['content-length'];
      const read = await readJson(
        body,
        typeof declared === 'string' ? declared : undefined,
        limits,
      );
      if (E.isLeft(read)) throw new RefusedError(read.left);
      return read.right;
    },
  );
  // Handed on as it is: the route writes it to its file.
  app.addContentTypeParser('application/octet-stream', async (_: unknown, body: Readable) => body);

  app.setErrorHandler((error, _, reply) => sendRefusal(reply, ofFramework(error)));
  app.setNotFoundHandler(({ method, url }, reply) => {
    const path = url.slice(0, 100);
    const remedy = 'open / in a browser';
    return sendRefusal(reply, refused(404, notFound({ what: method, path, remedy })));
  });
  return app;
};
