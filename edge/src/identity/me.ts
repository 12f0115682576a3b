import type { Ask } from '../ask.ts';
import { authenticate } from './authenticate.ts';

/** Who is asking, as the edge knows them, and where workspaces open. */
export async function me(ask: Ask): Promise<Response> {
  const { sub, org, name, tier, region, via } = await authenticate(ask);
  const body = { userId: sub, orgId: org, name, tier, region, via };
  return Response.json(body, { headers: { 'cache-control': 'no-store' } });
}
