/** One quota in two cells: real servers on two Postgres databases, with the directory between them. */
import { ManualClock } from '@cellbook/shared/clock.ts';
import { newOrgId, newUserId, type OrgId, type UserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { nothingHeld } from '@cellbook/shared/quota/holder.ts';
import { eachOf, sumOf } from '@cellbook/shared/quota/shares.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, type ApiServer, startApiServer } from '../../api/testing/api-server.ts';
import { quotaShares } from '../../db/quotas.ts';
import type { TestDatabase } from '../../db/test-database.ts';
import { eventually } from '../../testing/eventually.ts';
import { dueOf, OrgShares } from './org-shares.ts';
import { createShareBook } from './share-book.ts';
import { TestDirectory } from './testing/test-directory.ts';

const clock = new ManualClock();
const gibibyte = 1024 ** 3;
let directory = new TestDirectory();
const cells: Record<string, { api: ApiServer; shares: OrgShares }> = {};

async function startCell(name: string): Promise<void> {
  let shares: OrgShares | null = null;
  const api = await startApiServer({
    shares({ database }: TestDatabase) {
      const book = createShareBook({ database, clock, sandboxBytes: gibibyte });
      shares = new OrgShares({ book, clock, log: silentLogger, ask: (ask) => directory.of(name)(ask) });
      return shares;
    },
  });
  if (!shares) throw new Error('a server that asks for no shares');
  cells[name] = { api, shares };
}
const cell = (name: string) => cells[name] ?? expect.fail(`no cell ${name}`);

beforeAll(async () => {
  clock.advance(Date.now());
  await Promise.all(['eu-1', 'us-1'].map(startCell));
}, 60_000);
afterAll(() => Promise.all(Object.values(cells).map(({ api }) => api.stop())));

let org: OrgId;
let people: Record<string, UserId>;
beforeEach(() => {
  org = newOrgId(systemRandom);
  people = { 'eu-1': newUserId(systemRandom), 'us-1': newUserId(systemRandom) };
  directory = new TestDirectory();
  for (const [name, { shares }] of Object.entries(cells)) directory.join(name, shares);
});

const claims = (name: string) => {
  const { workspaces, storageBytes } = directory.quota;
  return { sub: people[name], org, tier: 'paid', quota: { organisation: { workspaces, storageBytes } } };
};
const create = (name: string, desired = 'suspended'): Promise<Answer> =>
  cell(name).api.call('POST', '/v1/workspaces', {
    body: { name: 'n', desired },
    headers: { 'idempotency-key': systemRandom.uuid() },
    claims: claims(name),
  });
const usage = async (name: string) => {
  const answer: { body: unknown } = await cell(name).api.call('GET', '/v1/usage', {
    claims: { ...claims(name), role: 'admin' },
  });
  return answer.body as { user: Used; organisation: Used };
};
type Used = Record<string, { used: number; limit: number }>;
const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status).sort();
const setQuota = (workspaces: number) => {
  directory.quota = eachOf((name) => (name === 'workspaces' ? workspaces : Number.MAX_SAFE_INTEGER));
};

describe('an organisation with people in two cells', () => {
  it('has one quota: of creates in both at once as many go through as it has', async () => {
    setQuota(7);
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, at) => create(at % 2 === 0 ? 'eu-1' : 'us-1')),
    );
    expect(statuses(answers)).toEqual([...Array(7).fill(201), ...Array(9).fill(429)]);
    expect(sumOf(directory.sharesOf(org), null, 'allowed').workspaces).toBe(7);
    const refused = await create('us-1');
    expect(refused.body).toMatchObject({
      code: 'quota_exceeded',
      ids: { quota: 'workspaces', of: 'organisation', used: 7, limit: 7 },
    });
  });

  it('may use all of it in one cell, though another was the first to have a share', async () => {
    setQuota(4);
    expect((await create('us-1')).status).toBe(201);
    expect(statuses(await Promise.all([1, 2, 3, 4].map(() => create('eu-1'))))).toEqual([201, 201, 201, 429]);
  });

  it('sees the sum in each', async () => {
    setQuota(9);
    await create('eu-1', 'running');
    await create('us-1');
    await create('us-1', 'running');
    clock.advance(limits.quota.shareTellMs);
    await cell('us-1').shares.pass();
    expect(await usage('eu-1')).toMatchObject({
      user: { workspaces: { used: 1 } },
      organisation: {
        workspaces: { used: 3, limit: 9 },
        runningSandboxes: { used: 2 },
        memoryBytes: { used: 2 * gibibyte },
      },
    });
  });

  it('goes on with what a cell has while the directory is away, and above it is told why not', async () => {
    setQuota(8);
    expect((await create('eu-1')).status).toBe(201);
    directory.isAway = true;
    for (let more = 0; more < 3; more++) expect((await create('eu-1')).status).toBe(201);
    const refused = await create('eu-1');
    expect([refused.status, refused.body]).toMatchObject([
      503,
      { code: 'quota_unavailable', reason: expect.stringContaining('its share') },
    ]);
    expect((await create('us-1')).status).toBe(503);
    expect((await usage('eu-1')).organisation.workspaces).toEqual({ used: 4, limit: 8 });
    directory.isAway = false;
    expect((await create('eu-1')).status).toBe(201);
  });

  it('for a day: a share ends for growth, and nothing that is there is touched', async () => {
    setQuota(8);
    const { body } = await create('eu-1');
    const { database } = cell('eu-1').api.database;
    await database
      .update(quotaShares)
      .set({ endsAt: new Date(0) })
      .where(eq(quotaShares.orgId, org));
    directory.isAway = true;
    expect((await create('eu-1')).body.code).toBe('quota_unavailable');
    const path = `/v1/workspaces/${body.id}`;
    expect((await cell('eu-1').api.call('GET', path, { claims: claims('eu-1') })).status).toBe(200);
    directory.isAway = false;
    expect((await create('eu-1')).status).toBe(201);
  });

  it('loses nothing by answers that are lost: what was granted and not heard of is had by the next ask', async () => {
    setQuota(3);
    directory.losesAnswers = true;
    expect((await create('eu-1')).status).toBe(503);
    directory.losesAnswers = false;
    expect(statuses(await Promise.all([1, 2, 3, 4].map(() => create('eu-1'))))).toEqual([201, 201, 201, 429]);
  });

  it('asks the directory nothing on the way of a create that there is room for', async () => {
    setQuota(100);
    await create('eu-1');
    await eventually(() => directory.sharesOf(org)['eu-1']?.allowed.workspaces).toBe(50);
    const before = directory.asked;
    for (let more = 0; more < 5; more++) await create('eu-1');
    expect(directory.asked).toBe(before);
  });
});

describe('what is told', () => {
  it('is what changed, once a minute, and what runs short before it does', async () => {
    setQuota(8);
    await create('eu-1');
    await create('eu-1');
    clock.advance(limits.quota.shareTellMs);
    await cell('eu-1').shares.pass();
    expect(directory.sharesOf(org)['eu-1']).toMatchObject({
      used: { workspaces: 2 },
      allowed: { workspaces: 5 },
    });
    await create('eu-1');
    await create('eu-1');
    await cell('eu-1').shares.pass();
    expect(directory.sharesOf(org)['eu-1']?.allowed.workspaces).toBe(6);
    const before = directory.asked;
    await cell('eu-1').shares.pass();
    expect(directory.asked).toBe(before);
  });

  it('is told again after six hours though nothing has changed', () => {
    const told = eachOf(() => 1);
    const held = { ...nothingHeld, told, allowed: eachOf(() => 9), answeredAtMs: 0 };
    expect(dueOf(held, told, limits.quota.shareRenewMs - 1)).toEqual({ isDue: false, isTold: true });
    expect(dueOf(held, told, limits.quota.shareRenewMs)).toEqual({ isDue: true, isTold: true });
    // A clock that was set back is no reason to be silent for ever.
    expect(dueOf({ ...held, answeredAtMs: 10 * limits.quota.shareRenewMs }, told, 0).isDue).toBe(true);
  });

  it('a cell gives back what is more than its part when the quota was lowered', async () => {
    setQuota(40);
    await create('eu-1');
    expect(directory.sharesOf(org)['eu-1']?.allowed.workspaces).toBe(20);
    setQuota(5);
    clock.advance(limits.quota.shareRenewMs);
    await cell('eu-1').shares.pass();
    expect(directory.sharesOf(org)['eu-1']?.allowed.workspaces).toBe(3);
    expect(statuses(await Promise.all([1, 2, 3, 4, 5].map(() => create('eu-1'))))).toEqual([
      201, 201, 201, 201, 429,
    ]);
  });
});
