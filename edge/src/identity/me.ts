import type { Identity } from './identity.ts';

/** Who is asking, as the edge knows them, and where workspaces open. */
export function me({ sub, org, name, tier, region, role, scopes, via }: Identity): Response {
  const body = { userId: sub, orgId: org, name, tier, region, role, scopes, via };
  return Response.json(body, { headers: { 'cache-control': 'no-store' } });
}
