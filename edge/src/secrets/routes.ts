/**
 * Changes of an organisation's secrets: they live in cells, so a change goes to every cell of the organisation's
 * region, or of all regions where its members may live anywhere. A cell takes the same change twice, so that a
 * half-done one is mended by asking again. Lists, and people's own secrets, are the home cell's alone.
 */
import type { OrgId, RegionId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { allCells } from '@cellbook/shared/pins/pins.ts';
import {
  putSecretSchema,
  secretRemovedSchema,
  secretWrittenSchema,
} from '@cellbook/shared/protocol/secrets-api.ts';
import type { Ask } from '../ask.ts';
import type { GuardedRoute } from '../edge-route.ts';
import { broadcast } from '../hosts/broadcast.ts';
import { readText } from '../read-body.ts';

const path = '/v1/org/secrets/:name';
const guard = { permission: 'org_secret.write', about: 'organisation' } as const;

const changeEverywhere =
  (method: 'PUT' | 'DELETE'): GuardedRoute['answer'] =>
  async ({ ask, identity }) => {
    const { edge, request, requestId, url } = ask;
    const everywhere = edge.config.CELLBOOK_REGIONS.map(({ id }) => id);
    const region = (await edge.orgs.get(identity.org))?.region ?? null;
    // The body is the cells' to judge: it is not read here beyond its size, and no refusal of ours repeats it.
    const body =
      method === 'PUT' ? await readText(request, 'setting a secret', limits.secrets.bodyBytesMax) : '';
    const regions = region === null ? everywhere : [region];
    if (method === 'PUT') await noteFirst(ask, identity.org, regions);
    return broadcast(ask, identity, {
      ...{ method, path: url.pathname, idempotencyKey: requestId, regions },
      ...(body === '' ? {} : { body }),
    });
  };

/**
 * The cells that an organisation's first secret is sent to have all of its secrets: who comes later asks them. One
 * that has all of them and is not in the pins held here has joined within the last minute.
 */
async function noteFirst({ edge, defer }: Ask, org: OrgId, regions: readonly RegionId[]): Promise<void> {
  const cells = allCells(await edge.pins.get(defer));
  const sentTo = cells.filter(({ region }) => regions.includes(region)).map(({ id }) => id);
  await edge.secretCells.begin(org, sentTo, edge.clock.nowMs());
  const holders = await edge.secretCells.of(org);
  if (holders.some((holder) => !cells.some(({ id }) => id === holder))) await edge.pins.reload(defer);
}

export const secretRoutes: readonly GuardedRoute[] = [
  {
    ...{ ...guard, method: 'PUT', path, answer: changeEverywhere('PUT') },
    describes: {
      id: 'putOrgSecret',
      summary: 'Set one of your organisation’s secrets, in every cell of its region',
      ...{ body: putSecretSchema, status: 200, answers: secretWrittenSchema },
    },
  },
  {
    ...{ ...guard, method: 'DELETE', path, answer: changeEverywhere('DELETE') },
    describes: {
      id: 'deleteOrgSecret',
      summary:
        'Remove one of your organisation’s secrets, in every cell of its region; asking twice is harmless',
      ...{ status: 200, answers: secretRemovedSchema },
    },
  },
];
