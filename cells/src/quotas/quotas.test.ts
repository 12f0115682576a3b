import { newOrgId, newUserId, type OrgId, type UserId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import type { QuotaPolicy } from '@cellbook/shared/protocol/quota.ts';
import type { UsageAnswer } from '@cellbook/shared/protocol/usage-api.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, type ApiServer, startApiServer } from '../api/testing/api-server.ts';
import { createPostgresDepartureStore } from '../departures/postgres-departure-store.ts';

const gibibyte = 1024 ** 3;
let api: ApiServer;
beforeAll(async () => {
  api = await startApiServer();
});
afterAll(() => api?.stop());

let org: OrgId;
let ada: UserId;
let bob: UserId;
beforeEach(() => {
  [org, ada, bob] = [newOrgId(systemRandom), newUserId(systemRandom), newUserId(systemRandom)];
});

const as = (sub: UserId, quota: QuotaPolicy) => ({ sub, org, quota });
const create = (sub: UserId, quota: QuotaPolicy, desired = 'suspended'): Promise<Answer> =>
  api.call('POST', '/v1/workspaces', {
    body: { name: 'n', desired },
    headers: { 'idempotency-key': systemRandom.uuid() },
    claims: as(sub, quota),
  });
const act = (verb: string, { body }: Answer, sub: UserId, quota: QuotaPolicy): Promise<Answer> =>
  api.call('POST', `/v1/workspaces/${body.id}/${verb}`, { claims: as(sub, quota) });
const usage = async (sub: UserId, quota: QuotaPolicy): Promise<UsageAnswer> => {
  const answer: { body: unknown } = await api.call('GET', '/v1/usage', { claims: as(sub, quota) });
  return answer.body as UsageAnswer;
};
const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status).sort();

describe('the quota of workspaces', () => {
  it('is the same for twenty creates at once as for one after another', async () => {
    const quota = { user: { workspaces: 3 } };
    const answers = await Promise.all(Array.from({ length: 20 }, () => create(ada, quota)));
    expect(statuses(answers)).toEqual([...Array(3).fill(201), ...Array(17).fill(429)]);
    expect((await usage(ada, quota)).user.workspaces).toEqual({ used: 3, limit: 3 });
  });

  it('of an organisation holds for all its users together, also at once', async () => {
    const quota = { organisation: { workspaces: 4 } };
    const answers = await Promise.all(
      [ada, bob].flatMap((sub) => Array.from({ length: 6 }, () => create(sub, quota))),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(4);
    expect((await usage(bob, quota)).organisation?.workspaces).toEqual({ used: 4, limit: 4 });
  });

  it('is refused with its name, what is used, the limit, and what to do', async () => {
    const quota = { user: { workspaces: 1 } };
    await create(ada, quota);
    expect((await create(ada, quota)).body).toMatchObject({
      code: 'quota_exceeded',
      ids: { quota: 'workspaces', of: 'user', used: 1, limit: 1 },
      next: expect.stringContaining('Delete one'),
    });
  });

  it('does not stop a create that is repeated: its workspace is there already', async () => {
    const call = () =>
      api.call('POST', '/v1/workspaces', {
        body: { name: 'n' },
        headers: { 'idempotency-key': 'same' },
        claims: as(ada, { user: { workspaces: 1 } }),
      });
    expect([(await call()).status, (await call()).status]).toEqual([201, 201]);
  });
});

describe('the quota of running sandboxes', () => {
  const quota = { user: { runningSandboxes: 2 } };

  it('lets so many resumes through at once, and no more', async () => {
    const made = await Promise.all(Array.from({ length: 6 }, () => create(ada, quota)));
    const answers = await Promise.all(made.map((one) => act('resume', one, ada, quota)));
    expect(statuses(answers)).toEqual([200, 200, 429, 429, 429, 429]);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.body).toMatchObject({
      ids: { quota: 'runningSandboxes', of: 'user', used: 2, limit: 2 },
      next: expect.stringContaining('Suspend one'),
    });
    const row = await api.store.get(
      workspaceIdSchema.parse(refused?.body.ids?.workspaceId ?? made[5]?.body.id),
    );
    expect(row?.phase).toBe('suspended');
  });

  it('leaves one that runs alone, and has room again after a suspend', async () => {
    const [first, second, third] = [
      await create(ada, quota),
      await create(ada, quota),
      await create(ada, quota),
    ];
    for (const one of [first, second, first]) expect((await act('resume', one, ada, quota)).status).toBe(200);
    expect((await act('resume', third, ada, quota)).status).toBe(429);
    await act('suspend', second, ada, quota);
    expect((await act('resume', third, ada, quota)).status).toBe(200);
  });

  it('keeps one from being made running', async () => {
    expect((await create(ada, quota, 'running')).status).toBe(201);
    expect((await create(ada, quota, 'running')).status).toBe(201);
    expect((await create(ada, quota, 'running')).body.code).toBe('quota_exceeded');
    expect((await create(ada, quota)).status).toBe(201);
  });

  it('is also one of memory', async () => {
    const memory = { user: { memoryBytes: 1.5 * gibibyte } };
    const [first, second] = [await create(ada, memory), await create(ada, memory)];
    expect((await act('resume', first, ada, memory)).status).toBe(200);
    expect((await act('resume', second, ada, memory)).body).toMatchObject({
      code: 'quota_exceeded',
      ids: { quota: 'memoryBytes', used: gibibyte, limit: 1.5 * gibibyte },
    });
  });
});

describe('a workspace whose owner has left its organisation', () => {
  it('is run for nobody while he is not back, and can be deleted', async () => {
    const departures = createPostgresDepartureStore(api.database.database);
    const made = await create(ada, {});
    const resumeAs = (claims: object) =>
      api.call('POST', `/v1/workspaces/${made.body.id}/resume`, { claims: { org, ...claims } });
    const admin = { sub: bob, role: 'admin' };
    const operator = { sub: bob, org: newOrgId(systemRandom), role: 'operator' };
    await departures.learn([{ user: ada, org, leftAtMs: 1 }], 1);
    for (const claims of [admin, operator, { sub: ada }])
      expect(await resumeAs(claims)).toMatchObject({
        status: 403,
        body: { code: 'forbidden', ids: { owner: ada } },
      });
    expect((await api.store.get(workspaceIdSchema.parse(made.body.id)))?.desired).toBe('suspended');
    await departures.learn([{ user: ada, org, leftAtMs: null }], 2);
    expect((await resumeAs(admin)).status).toBe(200);
    await departures.learn([{ user: ada, org, leftAtMs: 2 }], 3);
    expect((await resumeAs(admin)).status).toBe(403);
    const removed = await api.call('DELETE', `/v1/workspaces/${made.body.id}`, { claims: { org, ...admin } });
    expect(removed.status).toBe(200);
  });
});

describe('the policy of an organisation', () => {
  it('is heard with each principal, and the newest holds', async () => {
    await create(ada, { user: { workspaces: 1 } });
    expect((await create(ada, { user: { workspaces: 1 } })).status).toBe(429);
    expect((await create(ada, { user: { workspaces: 2 } })).status).toBe(201);
  });

  it('without which the tier has its usual quotas', async () => {
    expect((await usage(ada, {})).user).toMatchObject({
      workspaces: { used: 0, limit: 50 },
      runningSandboxes: { used: 0, limit: 10 },
    });
  });
});
