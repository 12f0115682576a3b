import { systemClock } from '@cellbook/shared/clock.ts';
import { newOrgId, newUserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { principalHeader } from '@cellbook/shared/protocol/principal.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { storageReservations, volumes } from '../db/volumes.ts';
import { type AssembledCell, assembleTestCell } from '../testing/assembled-cell.ts';
import { eventually } from '../testing/eventually.ts';

let cell: AssembledCell;
beforeAll(async () => {
  cell = await assembleTestCell();
}, 60_000);
afterAll(() => cell?.stop(), 60_000);

const storageBytes = 10_000;
let claims: Record<string, unknown>;
let id: string;
beforeEach(async () => {
  const quota = { user: { storageBytes } };
  claims = { sub: newUserId(systemRandom), org: newOrgId(systemRandom), quota };
  id = (await call('POST', '/v1/workspaces', { name: 'n' })).body.id;
});

async function call(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  body?: unknown,
  given: Record<string, unknown> = claims,
) {
  const answer = await cell.parts.app.inject({
    ...{ method, url },
    headers: {
      [principalHeader]: await cell.edge.sign(given),
      'idempotency-key': systemRandom.uuid(),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { payload: JSON.stringify(body) }),
  });
  return { status: answer.statusCode, body: answer.body === '' ? null : answer.json() };
}
const file = (name: string) => `/w/${id}/api/contents/${name}`;
const save = (name: string, bytes: number) =>
  call('PUT', file(name), { type: 'file', format: 'text', content: 'x'.repeat(bytes) });
const used = async () => (await call('GET', '/v1/usage')).body.user.storageBytes.used as number;

describe('the quota of storage', () => {
  it('counts the files as they are now and their earlier versions, over all workspaces of a user', async () => {
    await save('a.txt', 4_000);
    expect(await used()).toBe(4_000);
    await save('a.txt', 3_000);
    expect(await used()).toBe(7_000);
    const first = id;
    id = (await call('POST', '/v1/workspaces', { name: 'another' })).body.id;
    await save('b.txt', 2_000);
    expect(await used()).toBe(9_000);
    id = first;
    await call('DELETE', file('a.txt'));
    expect(await used()).toBe(6_000);
  });

  it('counts what versions share once, and what was saved again unchanged not at all', async () => {
    await save('a.txt', 4_000);
    await save('a.txt', 4_000);
    await save('a.txt', 4_000);
    expect(await used()).toBe(4_000);
    await save('a.txt', 1_000);
    await save('a.txt', 4_000);
    expect(await used()).toBe(5_000);
  });

  it('counts an upload under way, and its pieces as the file when it is whole', async () => {
    const piece = (chunk: number, bytes: number) =>
      call('PUT', file('a.bin'), { type: 'file', format: 'text', chunk, content: 'x'.repeat(bytes) });
    await piece(1, 3_000);
    expect(await used()).toBe(3_000);
    expect(await piece(2, 8_000)).toMatchObject({ status: 507, body: { code: 'volume_full' } });
    await piece(-1, 1_000);
    expect(await used()).toBe(4_000);
  });

  it('of twenty saves at once lets exactly those through that fit, and every one of them is there', async () => {
    const names = Array.from({ length: 20 }, (_, at) => `${at}.txt`);
    const answers = await Promise.all(names.map((name) => save(name, 1_000)));
    const saved = names.filter((_, at) => answers[at]?.status === 201);
    const refused = answers.filter(({ status }) => status !== 201);
    expect(saved).toHaveLength(10);
    for (const { status, body } of refused)
      expect({ status, ...body }).toMatchObject({
        ...{ status: 507, code: 'volume_full' },
        ids: { quota: 'storageBytes', of: 'user', limit: storageBytes },
      });
    for (const name of saved) expect((await call('GET', file(name))).body.size).toBe(1_000);
    expect(await used()).toBe(storageBytes);
    const left = await cell.database.database.select().from(storageReservations);
    expect(left).toEqual([]);
  });

  it('of an organisation holds for saves of all its people at once, in several workspaces', async () => {
    const quota = { organisation: { storageBytes } };
    const people = [];
    for (const sub of Array.from({ length: 4 }, () => newUserId(systemRandom))) {
      claims = { ...claims, sub, quota };
      const theirs = (await call('POST', '/v1/workspaces', { name: 'n' })).body.id;
      people.push({ claims, url: `/w/${theirs}/api/contents` });
    }
    const body = { type: 'file', format: 'text', content: 'x'.repeat(1_000) };
    const saves = people.flatMap((person) =>
      Array.from({ length: 5 }, (_, at) => call('PUT', `${person.url}/${at}.txt`, body, person.claims)),
    );
    const answers = await Promise.all(saves);
    expect(answers.map(({ status }) => status).sort()).toEqual([
      ...Array(10).fill(201),
      ...Array(10).fill(507),
    ]);
    expect(answers.find(({ status }) => status === 507)?.body.ids).toMatchObject({ of: 'organisation' });
  });

  it('refuses a save that would pass it, by name, and leaves the file as it was', async () => {
    await save('a.txt', 6_000);
    expect(await save('b.txt', 6_000)).toMatchObject({
      status: 507,
      body: { code: 'volume_full', next: expect.stringContaining('Delete files') },
    });
    expect((await save('a.txt', 16_001)).status).toBe(507);
    expect((await call('GET', file('a.txt'))).body.size).toBe(6_000);
    expect((await call('GET', file('b.txt'))).status).toBe(404);
  });

  it('lets a file be saved that is no larger than before, without keeping a version there is no room for', async () => {
    await save('a.txt', 9_000);
    expect((await save('a.txt', 8_000)).status).toBe(200);
    expect((await call('GET', file('a.txt'))).body.size).toBe(8_000);
    expect(await used()).toBe(8_000);
    const versions = await call('GET', `/v1/workspaces/${id}/versions?path=a.txt`);
    expect(versions.body.versions).toMatchObject([{ sizeBytes: 9_000 }]);
    await call('DELETE', file('a.txt'));
    expect((await save('b.txt', 9_000)).status).toBe(201);
  });

  it('over which nothing is resumed until files are deleted, which needs no sandbox', async () => {
    await save('a.txt', 9_000);
    claims = { ...claims, quota: { user: { storageBytes: 5_000 } } };
    const resume = () => call('POST', `/v1/workspaces/${id}/resume`);
    expect(await resume()).toMatchObject({ status: 507, body: { code: 'volume_full' } });
    await call('DELETE', file('a.txt'));
    expect((await resume()).status).toBe(200);
  });

  it('holds for a version that is brought back, too', async () => {
    await save('a.txt', 4_000);
    await save('a.txt', 1_000);
    await save('b.txt', 4_000);
    expect(await used()).toBe(9_000);
    const versions = `/v1/workspaces/${id}/versions`;
    const [, large] = (await call('GET', `${versions}?path=a.txt`)).body.versions;
    const restore = () => call('POST', `${versions}/${large.id}/restore`, { path: 'a.txt' });
    expect(await restore()).toMatchObject({ status: 507, body: { code: 'volume_full' } });
    expect((await call('GET', file('a.txt'))).body.size).toBe(1_000);
    await call('DELETE', file('b.txt'));
    expect((await restore()).status).toBe(200);
  });

  it('has room again when versions are forgotten', async () => {
    await save('a.txt', 6_000);
    await save('a.txt', 4_000);
    expect((await save('b.txt', 1_000)).status).toBe(507);
    await call('POST', `/v1/workspaces/${id}/versions/forget`, { path: 'a.txt' });
    expect(await used()).toBe(4_000);
    expect((await save('b.txt', 1_000)).status).toBe(201);
  });

  it('gives back what a process that died had reserved, when it expires', async () => {
    const { sub, org } = claims as { sub: string; org: string };
    const reserve = (expiresAt: Date) =>
      cell.database.database
        .insert(storageReservations)
        .values({ id: systemRandom.uuid(), orgId: org, ownerId: sub, bytes: 9_000, expiresAt });
    await reserve(new Date(systemClock.nowMs() + 60_000));
    expect((await save('a.txt', 2_000)).status).toBe(507);
    await cell.database.database.delete(storageReservations);
    await reserve(new Date(systemClock.nowMs() - 1));
    expect((await save('a.txt', 2_000)).status).toBe(201);
  });

  it('and flags a version with a credential that is brought back, like any other save', async () => {
    const key = `AIza${'Ab3-_'.repeat(7)}`;
    const text = (content: string) =>
      call('PUT', file('a.py'), { type: 'file', format: 'text', content: `key = "${content}"` });
    await text(key);
    await text('none');
    const flagged = async () =>
      (await call('GET', `/v1/workspaces/${id}/findings`)).body.files.map(
        ({ path }: { path: string }) => path,
      );
    await eventually(flagged).toEqual([]);
    const versions = `/v1/workspaces/${id}/versions`;
    const [, leaky] = (await call('GET', `${versions}?path=a.py`)).body.versions;
    await call('POST', `${versions}/${leaky.id}/restore`, { path: 'a.py' });
    await eventually(flagged).toEqual(['a.py']);
  });

  it('is counted for each person as his volumes are, whoever committed and whatever became of them', async () => {
    await save('a.txt', 3_000);
    await save('a.txt', 2_000);
    const first = id;
    id = (await call('POST', '/v1/workspaces', { name: 'another' })).body.id;
    await save('b.txt', 1_000);
    await cell.database.database.delete(volumes).where(eq(volumes.workspaceId, first));
    expect(await used()).toBe(1_000);
    const rows = await cell.database.database.execute(sql`
      select t.files::int, t.versions::int,
        (select coalesce(sum(v.bytes), 0)::int from volumes v join workspaces w on w.id = v.workspace_id
          where w.org_id = t.org_id and w.owner_id = t.owner_id) as files_now,
        (select coalesce(sum(v.version_bytes), 0)::int from volumes v join workspaces w on w.id = v.workspace_id
          where w.org_id = t.org_id and w.owner_id = t.owner_id) as versions_now
      from storage_totals t`);
    expect(rows.length).toBeGreaterThan(5);
    for (const { files, versions, files_now, versions_now } of rows)
      expect([files, versions]).toEqual([files_now, versions_now]);
  });

  it('is what the tier has where no policy says otherwise', async () => {
    claims = { ...claims, quota: undefined };
    expect((await call('GET', '/v1/usage')).body.user.storageBytes.limit).toBe(
      limits.quota.free.user.storageBytes,
    );
  });
});
