/** A typed error as an answer: a page for a browser's own tab, JSON as Jupyter clients read it for the rest. */
import { type CellbookError, errorBody } from '@cellbook/shared/errors.ts';
import type { Ask } from '../ask.ts';
import { log } from '../log.ts';
import { isNavigation } from '../origins.ts';
import { errorPage } from '../pages/error-page.ts';
import { pageResponse } from '../pages/html.ts';

export function refuse(ask: Ask, error: CellbookError): Response {
  if (error.code === 'internal')
    log('error', error.message, { ids: { request: ask.requestId }, cause: error.cause });
  // A kernel is not dead because the edge has a bug: what was to be forwarded says "wait", never 500.
  const forwarded = ask.place.area === 'any' || ask.place.area === '/w';
  const status = error.code === 'internal' && forwarded ? 503 : error.status;
  const response =
    isNavigation(ask.request) && ask.place.area !== '/v1'
      ? pageResponse(errorPage(error, ask), status)
      : Response.json(errorBody(error, ask.requestId), { status });
  response.headers.set('cache-control', 'no-store');
  if (error.retryAfterMs !== undefined || status === 503) {
    response.headers.set('retry-after', String(Math.ceil((error.retryAfterMs ?? 5_000) / 1_000)));
  }
  if (status === 401) response.headers.set('www-authenticate', 'Bearer realm="cellbook"');
  return response;
}
