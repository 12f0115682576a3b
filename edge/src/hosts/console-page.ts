import type { Ask } from '../ask.ts';
import { asset } from '../assets.ts';
import { authenticateIfAny } from '../identity/authenticate.ts';

export async function consolePage(ask: Ask): Promise<Response> {
  if (await authenticateIfAny(ask)) return asset(ask, '/static/console/index.html');
  return new Response(null, { status: 303, headers: { location: '/signin', 'cache-control': 'no-store' } });
}
