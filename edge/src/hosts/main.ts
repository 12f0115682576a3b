/** The main host: the console's pages, the API under /v1, and Jupyter clients with a token under /w. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { Hono } from 'hono';
import type { Ask } from '../ask.ts';
import { audited } from '../audit/audited.ts';
import { authorise } from '../authorise.ts';
import { clientAddressOf, networkOf } from '../client-address.ts';
import type { EdgeRoute } from '../edge-route.ts';
import { authenticate, credentialIn } from '../identity/authenticate.ts';
import { deedOf } from '../origins.ts';
import { forwardOrHold } from '../parking/hold.ts';
import { isPreflight, preflight } from '../responses/finish.ts';
import { apiRoutes, pageRoutes } from '../routes.ts';
import { tellBehind } from '../standing/tell-cells.ts';
import { forwardAs } from './forwarding.ts';

type Env = { Bindings: { ask: Ask } };

const pages = new Hono<Env>();
for (const route of pageRoutes)
  pages.on(route.method, route.path, ({ env, req }) => answer(env.ask, route, req.param()));
pages.notFound(({ env }) => {
  throw noSuchPage(env.ask);
});

const api = new Hono<Env>();
for (const route of apiRoutes)
  api.on(route.method, route.path, ({ env, req }) => answer(env.ask, route, req.param()));
api.all('*', async ({ env: { ask } }) => forwardAs(ask, await authenticate(ask), ask.url.pathname));

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
  if (id.success) return forwardOrHold(ask, identity, url.pathname);
  throw new CellbookError('malformed_id', {
    doing: `${request.method} ${url.pathname}`,
    problem: 'this is not the id of a workspace',
    next: 'Copy the address from the console; it looks like /w/ws-…/.',
  });
}

async function answer(ask: Ask, route: EdgeRoute, params: Record<string, string>): Promise<Response> {
  const answered = await answerRoute(ask, route, params);
  // Whatever it was that was written: if it ended somebody's right, what he has open is to end as well. Who comes
  // back from a provider signs in by a GET, which ends sessions where he takes an account over.
  const writes = route.method !== 'GET' || (route.open !== undefined && route.gated);
  if (writes && !(route.open !== undefined && route.recordsItself)) tellBehind(ask);
  return answered;
}

async function answerRoute(ask: Ask, route: EdgeRoute, params: Record<string, string>): Promise<Response> {
  if (route.open !== undefined) {
    if (route.gated) await ask.edge.signInGate.enter(networkOf(clientAddressOf(ask)));
    const open = () => route.answer({ ask, params });
    if (route.recordsItself) return open();
    return audited(ask, { route, params, identity: null }, open);
  }
  const identity = await authorise(ask, route, params);
  return audited(ask, { route, params, identity }, () => route.answer({ ask, params, identity }));
}

function noSuchPage({ url }: Ask): CellbookError {
  return new CellbookError('not_found', {
    doing: `opening ${url.pathname}`,
    problem: 'there is no such page',
    next: 'Go back to your workspaces.',
  });
}
