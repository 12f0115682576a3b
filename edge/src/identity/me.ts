import type { Ask } from '../ask.ts';
import { json } from '../responses/json.ts';
import type { Identity } from './identity.ts';

/** Who is asking, as the edge knows them. A page asks it when it opens, so a session's last use is noted here. */
export function me(ask: Ask, { sub, org, name, tier, region, role, scopes, via, jti }: Identity): Response {
  const { people, clock, config } = ask.edge;
  // What is not noted now is noted the next time.
  if (via === 'session') ask.defer(people.seeSession(jti, clock.nowMs()).catch(() => undefined));
  const regionName = config.CELLBOOK_REGIONS.find(({ id }) => id === region)?.name ?? region;
  return json({ userId: sub, orgId: org, name, tier, region, regionName, role, scopes, via });
}
