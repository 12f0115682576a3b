/** `GET /v1/usage?from=…` and the team of a workspace, through the API of one cell. */
import { newOrgId, newUserId } from '@cellbook/shared/ids.ts';
import { usageAnswerSchema } from '@cellbook/shared/protocol/usage-api.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { holdUsageClock, type UsageClock } from '../../usage/testing/usage-clock.ts';
import { type ApiServer, startApiServer } from '../testing/api-server.ts';

const hourMs = 3_600_000;
const beginMs = Date.parse('2026-03-01T08:00:00Z');
const from = '2026-03-01T00:00:00Z';
const [org, ada, bob] = [newOrgId(systemRandom), newUserId(systemRandom), newUserId(systemRandom)];
let api: ApiServer;
let clock: UsageClock;
beforeAll(async () => {
  api = await startApiServer();
  clock = await holdUsageClock(api.database.database, beginMs);
  const adas = await make(ada, 'reports', 'red');
  const bobs = await make(bob, 'models', null);
  await runs([adas, bobs], true);
  await clock.set(beginMs + hourMs);
  const patched = await api.call('PATCH', `/v1/workspaces/${adas}`, {
    ...{ body: { team: 'blue' }, claims: { sub: ada, org } },
  });
  expect(patched).toMatchObject({ status: 200, body: { team: 'blue', name: 'reports' } });
  await clock.set(beginMs + 3 * hourMs);
  await runs([adas], false);
  await clock.set(beginMs + 20 * hourMs);
}, 60_000);
afterAll(() => api?.stop(), 60_000);

async function make(sub: string, name: string, team: string | null): Promise<string> {
  const headers = { 'idempotency-key': systemRandom.uuid() };
  const made = await api.call('POST', '/v1/workspaces', {
    body: { name, team },
    headers,
    claims: { sub, org },
  });
  expect(made).toMatchObject({ status: 201, body: { team } });
  return String((made.body as { id: string }).id);
}

const runs = (ids: string[], running: boolean) =>
  api.database.database.$client`
    update workspaces set phase = ${running ? 'running' : 'suspended'} where id in ${api.database.database.$client(ids)}`;

const ask = (query: string, claims: Record<string, unknown>) =>
  api.call('GET', `/v1/usage?${query}`, { claims: { org, ...claims } });

async function rows(query: string, claims: Record<string, unknown>) {
  const { status, body } = await ask(`from=${from}&${query}`, claims);
  expect({ status, body }).toMatchObject({ status: 200 });
  const { metered } = usageAnswerSchema.parse(body);
  return (metered?.rows ?? []).map(({ start, key, running }) => [start.slice(0, 13), key, running.seconds]);
}

test('one sees one’s own workspaces by name, by day and by team, and what runs still up to now', async () => {
  const { body } = await ask(`from=${from}`, { sub: ada });
  expect(usageAnswerSchema.parse(body).metered).toMatchObject({
    by: 'day',
    group: 'workspace',
    missing: [],
    rows: [{ name: 'reports', running: { seconds: 3 * 3_600, byteSeconds: 3 * 3_600 * 2 ** 31 } }],
  });
  expect(await rows('group=team', { sub: ada })).toEqual([
    ['2026-03-01T00', 'blue', 2 * 3_600],
    ['2026-03-01T00', 'red', 3_600],
  ]);
  expect(await rows('group=user', { sub: bob })).toEqual([
    ['2026-03-01T00', bob, 16 * 3_600],
    ['2026-03-02T00', bob, 4 * 3_600],
  ]);
});

test('an admin sees his organisation’s, an operator everybody’s, and nobody else more than his own', async () => {
  const whole = [['2026-03-01T00', org, 23 * 3_600]];
  const someAdmin = { sub: newUserId(systemRandom), role: 'admin' };
  expect(await rows('of=organisation&group=organisation&by=total', someAdmin)).toEqual(whole);
  const elsewhere = { sub: newUserId(systemRandom), org: newOrgId(systemRandom) };
  expect(await rows('of=organisation&group=organisation', { ...elsewhere, role: 'admin' })).toEqual([]);
  expect(await rows('of=platform&group=organisation&by=total', { ...elsewhere, role: 'operator' })).toEqual(
    whole,
  );
  for (const of of ['organisation', 'platform'])
    expect(await ask(`from=${from}&of=${of}`, { sub: ada, role: 'member' })).toMatchObject({ status: 404 });
});

test('an end is exclusive, and hours are whole', async () => {
  expect(await rows('to=2026-03-01T10:00:00Z&by=total', { sub: ada })).toEqual([
    ['2026-03-01T00', expect.stringMatching(/^ws-/), 2 * 3_600],
  ]);
  for (const query of [
    `from=2026-03-01T00:30:00Z`,
    'from=yesterday',
    `from=${from}&to=${from}`,
    `from=${from}&by=year`,
  ])
    expect(await ask(query, { sub: ada })).toMatchObject({ status: 400, body: { code: 'bad_request' } });
});

test('a team is a label: of letters, digits, dots and dashes, or none', async () => {
  const id = await make(ada, 'another', 'team-00000000000000000000');
  const set = (team: unknown) =>
    api.call('PATCH', `/v1/workspaces/${id}`, { body: { team }, claims: { sub: ada, org } });
  expect(await set(null)).toMatchObject({ status: 200, body: { team: null } });
  for (const team of ['Red', '', 'a b', 'x'.repeat(65), 7])
    expect(await set(team)).toMatchObject({ status: 400 });
});
