/** The main host: the console's pages, the API under /v1, and Jupyter clients with a token under /w. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { Hono } from 'hono';
import type { Ask } from '../ask.ts';
import { asset } from '../assets.ts';
import { authenticate, authenticateIfAny, credentialIn } from '../identity/authenticate.ts';
import { me } from '../identity/me.ts';
import { openWorkspace } from '../identity/open.ts';
import { signIn, signInPage, signOut } from '../identity/sign-in.ts';
import { createToken, listTokens, revokeToken } from '../identity/tokens.ts';
import { deedOf } from '../origins.ts';
import { isPreflight, preflight } from '../responses/finish.ts';
import { forwardAs } from './forwarding.ts';

type Env = { Bindings: { ask: Ask } };

const pages = new Hono<Env>()
  .get('/', ({ env }) => consolePage(env.ask))
  .get('/signin', ({ env }) => signInPage(env.ask))
  .post('/signin', ({ env }) => signIn(env.ask))
  .post('/signout', ({ env }) => signOut(env.ask))
  .get('/open/:id', ({ env, req }) => openWorkspace(env.ask, req.param('id')))
  .get('/static/*', ({ env }) => asset(env.ask))
  .get('/favicon.ico', ({ env }) => asset(env.ask, '/static/console/favicon.svg'))
  .get('/healthz', ({ env }) => answerHealth(env.ask))
  .get('/metrics', ({ env }) => answerMetrics(env.ask))
  .notFound(({ env }) => {
    throw noSuchPage(env.ask);
  });

const api = new Hono<Env>()
  .get('/v1/me', ({ env }) => me(env.ask))
  .get('/v1/tokens', ({ env }) => listTokens(env.ask))
  .post('/v1/tokens', ({ env }) => createToken(env.ask))
  .delete('/v1/tokens/:id', ({ env, req }) => revokeToken(env.ask, req.param('id')))
  .all('*', async ({ env: { ask } }) => forwardAs(ask, await authenticate(ask), ask.url.pathname));

for (const app of [pages, api]) {
  app.onError((thrown) => {
    throw thrown;
  });
}

export async function answerMain(ask: Ask): Promise<Response> {
  if (ask.place.area === '/v1') return answerApi(ask);
  if (ask.place.area === '/w') return answerJupyter(ask);
  return pages.fetch(ask.request, { ask });
}

export async function answerApi(ask: Ask): Promise<Response> {
  return isPreflight(ask) ? preflight() : api.fetch(ask.request, { ask });
}

export async function answerJupyter(ask: Ask): Promise<Response> {
  if (isPreflight(ask)) return preflight();
  const { request, url } = ask;
  const id = workspaceIdSchema.safeParse(url.pathname.split('/')[2]);
  // The address of Jupyter clients, opened in a browser: a person wants the workspace itself.
  if (id.success && deedOf(request) === 'page' && credentialIn(ask, 'token') === null) {
    return Response.redirect(new URL(`/open/${id.data}`, ask.edge.config.CELLBOOK_PUBLIC_URL).href, 302);
  }
  const identity = await authenticate(ask);
  if (id.success) return forwardAs(ask, identity, url.pathname);
  throw new CellbookError('malformed_id', {
    doing: `${request.method} ${url.pathname}`,
    problem: 'this is not the id of a workspace',
    next: 'Copy the address from the console; it looks like /w/ws-…/.',
  });
}

async function consolePage(ask: Ask): Promise<Response> {
  if (await authenticateIfAny(ask)) return asset(ask, '/static/console/index.html');
  return new Response(null, { status: 303, headers: { location: '/signin', 'cache-control': 'no-store' } });
}

/** Whether this edge can route: it has pins. What the cells do is theirs to say. */
export async function answerHealth(ask: Ask): Promise<Response> {
  const pins = await ask.edge.forwarder.pins.get(ask.defer);
  return Response.json({ ok: true, pinEpoch: pins.epoch }, { headers: { 'cache-control': 'no-store' } });
}

export async function answerMetrics(ask: Ask): Promise<Response> {
  const { edge, defer } = ask;
  const pins = await edge.forwarder.pins.get(defer);
  const headers = { 'content-type': 'text/plain; version=0.0.4', 'cache-control': 'no-store' };
  return new Response(edge.metrics.text(pins.epoch), { headers });
}

function noSuchPage({ url }: Ask): CellbookError {
  return new CellbookError('not_found', {
    doing: `opening ${url.pathname}`,
    problem: 'there is no such page',
    next: 'Go back to your workspaces.',
  });
}
