import { newOrgId, newUserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { principalHeader } from '@cellbook/shared/protocol/principal.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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

async function call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: unknown) {
  const answer = await cell.parts.app.inject({
    ...{ method, url },
    headers: {
      [principalHeader]: await cell.edge.sign(claims),
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
  it('counts the files as they are now, over all workspaces of a user', async () => {
    await save('a.txt', 4_000);
    await save('a.txt', 3_000);
    const first = id;
    id = (await call('POST', '/v1/workspaces', { name: 'another' })).body.id;
    await save('b.txt', 2_000);
    await eventually(used).toBe(5_000);
    id = first;
    await call('DELETE', file('a.txt'));
    await eventually(used).toBe(2_000);
  });

  it('refuses a save that would pass it, by name, and leaves the file as it was', async () => {
    await save('a.txt', 6_000);
    await eventually(used).toBe(6_000);
    expect(await save('b.txt', 6_000)).toMatchObject({
      status: 507,
      body: { code: 'volume_full', next: expect.stringContaining('Delete files') },
    });
    expect((await save('a.txt', 16_001)).status).toBe(507);
    expect((await call('GET', file('a.txt'))).body.size).toBe(6_000);
    expect((await call('GET', file('b.txt'))).status).toBe(404);
  });

  it('lets one be saved smaller, and another in the room that a deletion made', async () => {
    await save('a.txt', 9_000);
    await eventually(used).toBe(9_000);
    expect((await save('a.txt', 8_000)).status).toBe(200);
    await call('DELETE', file('a.txt'));
    await eventually(async () => (await save('b.txt', 9_000)).status).toBe(201);
  });

  it('over which nothing is resumed until files are deleted, which needs no sandbox', async () => {
    await save('a.txt', 9_000);
    await eventually(used).toBe(9_000);
    claims = { ...claims, quota: { user: { storageBytes: 5_000 } } };
    const resume = () => call('POST', `/v1/workspaces/${id}/resume`);
    expect(await resume()).toMatchObject({ status: 507, body: { code: 'volume_full' } });
    await call('DELETE', file('a.txt'));
    await eventually(async () => (await resume()).status).toBe(200);
  });

  it('holds for a version that is brought back, too', async () => {
    await save('a.txt', 9_000);
    await save('a.txt', 1_000);
    await save('b.txt', 5_000);
    await eventually(used).toBe(6_000);
    const versions = `/v1/workspaces/${id}/versions`;
    const [, large] = (await call('GET', `${versions}?path=a.txt`)).body.versions;
    const restore = () => call('POST', `${versions}/${large.id}/restore`, { path: 'a.txt' });
    expect(await restore()).toMatchObject({ status: 507, body: { code: 'volume_full' } });
    expect((await call('GET', file('a.txt'))).body.size).toBe(1_000);
    await call('DELETE', file('b.txt'));
    await eventually(async () => (await restore()).status).toBe(200);
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

  it('is what the tier has where no policy says otherwise', async () => {
    claims = { ...claims, quota: undefined };
    expect((await call('GET', '/v1/usage')).body.user.storageBytes.limit).toBe(
      limits.quota.free.user.storageBytes,
    );
  });
});
