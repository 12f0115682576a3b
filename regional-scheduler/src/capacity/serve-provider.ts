/** Serves a provider as provider-api.ts says. */
import { timingSafeEqual } from 'node:crypto';
import { type FastifyInstance, fastify } from 'fastify';
import type { CapacityProvider } from './provider.ts';
import { nodeRequestSchema, requestKeySchema } from './provider-api.ts';

export function serveProvider(provider: CapacityProvider, secret: string): FastifyInstance {
  const app = fastify();
  app.addHook('onRequest', async ({ headers, url }, reply) => {
    if (url === '/healthz') return;
    const given = Buffer.from(headers.authorization ?? '');
    const wanted = Buffer.from(`Bearer ${secret}`);
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) await reply.code(401).send();
  });
  const { signal } = new AbortController();
  app.get('/healthz', async () => ({ ok: true }));
  app.get('/nodes', async () => ({ nodes: await provider.list(signal) }));
  app.put('/nodes/:key', async ({ params, body }, reply) => {
    const requestKey = keyOf(params);
    const request = nodeRequestSchema.safeParse(body);
    if (requestKey === null || !request.success) return reply.code(400).send();
    await provider.create({ requestKey, ...request.data }, signal);
    return reply.code(202).send();
  });
  app.delete('/nodes/:key', async ({ params }, reply) => {
    const requestKey = keyOf(params);
    if (requestKey === null) return reply.code(400).send();
    await provider.remove(requestKey, signal);
    return reply.code(202).send();
  });
  return app;
}

function keyOf(params: unknown): string | null {
  const parsed = requestKeySchema.safeParse((params as { key?: unknown }).key);
  return parsed.success ? parsed.data : null;
}
