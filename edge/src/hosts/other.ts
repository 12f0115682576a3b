/** A name or address that is neither the public host nor a workspace's: token clients only, no cookies. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Ask } from '../ask.ts';
import { answerHealth, answerMetrics } from '../health.ts';
import { localPath } from '../local-path.ts';
import { deedOf } from '../origins.ts';
import { answerApi, answerJupyter } from './main.ts';

export async function answerOther(ask: Ask): Promise<Response> {
  if (ask.url.pathname === '/healthz') return answerHealth(ask);
  if (ask.url.pathname === '/metrics') return answerMetrics(ask);
  if (ask.place.area === '/v1') return answerApi(ask);
  if (ask.place.area === '/w') return answerJupyter(ask);
  const main = ask.edge.config.CELLBOOK_PUBLIC_URL;
  if (deedOf(ask.request) === 'page') {
    const path = localPath(ask.url.pathname, main) ?? '/';
    return Response.redirect(new URL(path, main).href, 302);
  }
  throw new CellbookError('misdirected', {
    doing: `${ask.request.method} ${ask.url.pathname} at ${ask.url.host}`,
    problem: 'this platform is not known under that name',
    next: `Use ${main.origin}.`,
  });
}
