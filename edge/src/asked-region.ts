/**
 * A client may insist on a region, by the header `cellbook-region` or by a regional name (`eu.<domain>`). What it
 * asks for is served where it lives and nowhere else, so that a client pinned by contract finds out at once that
 * it has the wrong credential, and nothing of it is ever answered from elsewhere. Same rule for every tier.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { OrgId, RegionId } from '@cellbook/shared/ids.ts';
import { regionHeader } from '@cellbook/shared/protocol/principal.ts';
import type { Ask } from './ask.ts';
import type { OrgPolicy } from './directory/changes.ts';
import type { Identity } from './identity/identity.ts';

/** Null where the client leaves it to us. The name and the header may not contradict each other. */
export function askedRegions({ request, place }: Pick<Ask, 'request' | 'place'>): string[] {
  const named = place.host === 'other' ? place.region : undefined;
  return [request.headers.get(regionHeader)?.trim().toLowerCase(), named].filter(
    (region) => region !== undefined && region !== '',
  ) as string[];
}

export async function assertRegion(ask: Ask, identity: Pick<Identity, 'org' | 'region'>): Promise<void> {
  const wrong = askedRegions(ask).find((region) => region !== identity.region);
  if (wrong === undefined) return;
  const policies = await ask.edge.policies.get(ask.defer);
  throw regionRefused(wrong, identity, policies.get(identity.org) ?? null, ask.edge.config.CELLBOOK_REGIONS);
}

export function regionRefused(
  asked: string,
  home: { org: OrgId; region: RegionId },
  policy: OrgPolicy | null,
  regions: readonly { id: string }[],
): CellbookError {
  const isKnown = regions.some(({ id }) => id === asked);
  const what = isKnown ? `region ${asked} was asked for` : `there is no region ${asked.slice(0, 32)} here`;
  const why =
    policy?.region === home.region
      ? `the policy of organisation ${home.org} keeps its members in region ${home.region}`
      : `the home of this user is region ${home.region}`;
  return new CellbookError('region_refused', {
    doing: 'checking the region that the client insists on',
    problem: `${what}, and ${why}`,
    next: `Ask region ${home.region} (leave ${regionHeader} out, or use its name), or use the credential of a user who lives in the region you want.`,
    ids: { asked: asked.slice(0, 32), region: home.region, org: home.org },
  });
}
