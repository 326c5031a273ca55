/** The page's own files: those that the build made, each a route of its own, and nothing else. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { notFound } from '@liquid/types';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { refused, sendRefusal } from './refusal.js';

/** Names with a hash of their content never change. */
const HASHED = /[\\/]assets[\\/]/;

const FOREVER = 'public, max-age=31536000, immutable';
/** Asked again each time, and answered from its ETag. */
const ALWAYS_ASK = 'no-cache';

/** Serves the page in `folder`, compressed where the build compressed it. */
export const servePage = async (app: FastifyInstance, folder: string): Promise<void> => {
  const built = existsSync(join(folder, 'index.html'));
  if (built) {
    await app.register(fastifyStatic, {
      root: folder,
      // No path of a request is ever joined to a folder: there is a route for each file that exists.
      wildcard: false,
      index: false,
      globIgnore: ['**/*.br', '**/*.gz', 'index.html'],
      preCompressed: true,
      cacheControl: false,
      setHeaders: (reply, path) => {
        reply.header('cache-control', HASHED.test(path) ? FOREVER : ALWAYS_ASK);
        reply.header('vary', 'accept-encoding');
      },
    });
  }
  const index = (reply: FastifyReply): FastifyReply =>
    built
      ? reply.sendFile('index.html')
      : sendRefusal(
          reply,
          refused(503, notFound({ what: 'the page', path: '', remedy: 'build it: npm start' })),
        );
  // The page finds its way by path; the server has one document for all.
  app.get('/', (_, reply) => index(reply));
  app.get('/scenarios/*', (_, reply) => index(reply));
};
