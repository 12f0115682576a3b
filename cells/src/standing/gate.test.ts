/** The cell's own server: what the edge let through and the cell knows to have ended, and how it is told. */
import { newOrgId } from '@cellbook/shared/ids.ts';
import { outdatedHeader, principalHeader } from '@cellbook/shared/protocol/principal.ts';
import { statementMediaType } from '@cellbook/shared/protocol/statements.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from '../api/testing/api-server.ts';

let api: ApiServer;
beforeAll(async () => {
  api = await startApiServer();
});
afterAll(() => api?.stop());

const put = (body: string, type: string = statementMediaType) =>
  fetch(`${api.url}/standing`, { method: 'PUT', headers: { 'content-type': type }, body });
const farMs = 4_000_000_000_000;

test('a request with a key that has ended is refused and recorded, and the edge is told that it is behind', async () => {
  const claims = { cred: 'key-1' };
  expect((await api.call('GET', '/v1/workspaces', { claims })).status).toBe(200);
  const told = await put(await api.edge.tell([{ kind: 'revoked', subject: 'key-1', ms: farMs }]));
  expect([told.status, await told.json()]).toEqual([200, { upTo: 1 }]);
  const refused = await api.call('GET', '/v1/workspaces', { claims });
  expect(refused).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  expect(refused.headers.get(outdatedHeader)).toBe('1');
  const other = await api.call('GET', '/v1/workspaces', { claims: { cred: 'key-2' } });
  expect([other.status, other.headers.get(outdatedHeader)]).toEqual([200, null]);
  const { who, result } = (await api.audit.events()).at(-1)!;
  expect([who.cred, result]).toEqual(['key-1', { outcome: 'refused', code: 'unauthenticated', status: 401 }]);
});

test('a stream of events ends with what it was asked for with, and none is begun with older claims', async () => {
  const org = newOrgId(systemRandom);
  const follow = async (claims: Record<string, unknown>) =>
    fetch(`${api.url}/v1/events`, {
      headers: { [principalHeader]: await api.edge.sign({ org, ...claims, sub: api.userId }) },
    });
  const [older, newer] = [await follow({ asOf: 1 }), await follow({ asOf: 7 })];
  await put(await api.edge.tell([{ kind: 'changed', subject: org, ms: 7 }]));
  expect(await older.text()).toContain('retry:');
  const late = await follow({ asOf: 1 });
  expect([late.status, late.headers.get('retry-after'), late.headers.get(outdatedHeader)]).toEqual([
    503,
    '2',
    '1',
  ]);
  await late.body?.cancel();
  const reader = newer.body!.getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toContain('retry:');
  await reader.cancel();
  // What does not stay open is the edge's to decide, within its minute.
  expect((await api.call('GET', '/v1/workspaces', { claims: { org, asOf: 1 } })).status).toBe(200);
});

test('what is no document of the edge is refused, and so is another type', async () => {
  expect((await put('x')).status).toBe(403);
  expect((await put('x', 'application/octet-stream')).status).toBe(415);
});
