import { newOrgId, newUserId, type OrgId, type UserId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from '../testing/api-server.ts';

const [ada, bob, eve] = [newUserId(systemRandom), newUserId(systemRandom), newUserId(systemRandom)];
const [org, elsewhere] = [newOrgId(systemRandom), newOrgId(systemRandom)];
let api: ApiServer;

beforeAll(async () => {
  api = await startApiServer();
  for (const [name, sub, in_] of [
    ['ada here', ada, org],
    ['bob here', bob, org],
    ['ada elsewhere', ada, elsewhere],
    ['eve elsewhere', eve, elsewhere],
  ] as const)
    await create(name, sub, in_);
});
afterAll(() => api?.stop());

const create = (name: string, sub: UserId, orgId: OrgId) =>
  api.call('POST', '/v1/workspaces', {
    body: { name },
    headers: { 'idempotency-key': systemRandom.uuid() },
    claims: { sub, org: orgId },
  });
const list = (of: string, role: string, sub: UserId = ada, orgId: OrgId = org) =>
  api.call('GET', `/v1/workspaces?of=${of}`, { claims: { sub, org: orgId, role } });
const names = async (answer: ReturnType<typeof list>) =>
  (await answer).body.workspaces.map(({ name }) => name).sort();

describe('listing workspaces', () => {
  it('gives what one has in the organisation one acts in, and not what one has elsewhere', async () => {
    expect(await names(list('me', 'admin'))).toEqual(['ada here']);
    expect(await names(list('me', 'member', ada, elsewhere))).toEqual(['ada elsewhere']);
  });

  it('gives an admin everybody’s of his organisation, with their owners', async () => {
    expect(await names(list('organisation', 'admin'))).toEqual(['ada here', 'bob here']);
    const { body } = await list('organisation', 'admin');
    expect(new Set(body.workspaces.map(({ ownerId }) => ownerId))).toEqual(new Set([ada, bob]));
  });

  it('gives an operator everybody’s of the cell', async () => {
    expect(await names(list('platform', 'operator'))).toHaveLength(4);
  });

  it.each([
    ['organisation', 'member'],
    ['organisation', 'viewer'],
    ['platform', 'admin'],
    ['platform', 'member'],
  ])('of the %s is not for a %s', async (of, role) => {
    expect(await list(of, role)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('of something unknown is refused as malformed', async () => {
    expect(await list('mars', 'admin')).toMatchObject({ status: 400, body: { code: 'bad_request' } });
  });
});

it('an owner who acts in another organisation does not find what he has in this one', async () => {
  const { body } = await list('me', 'admin');
  const path = `/v1/workspaces/${body.workspaces[0]?.id}`;
  expect((await api.call('GET', path, { claims: { sub: ada, org } })).status).toBe(200);
  expect((await api.call('GET', path, { claims: { sub: ada, org: elsewhere } })).status).toBe(404);
});
