/** Who has left an organisation, as cells are told: on a real D1, by a person who is removed and comes back. */
import { type OrgId, orgIdSchema, regionIdSchema, type UserId, userIdSchema } from '@cellbook/shared/ids.ts';
import {
  departuresAskType,
  departuresToldSchema,
  departuresToldType,
} from '@cellbook/shared/protocol/departures-api.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { beforeEach, expect, test } from 'vitest';
import { type SignedCell, signedCells } from '../../testing/signed-cells.ts';
import { createWorld, main, type World } from '../../testing/world.ts';

let world: World;
let cell: SignedCell;
let shared: OrgId;
let admin: string;
let guest: string;
let member: UserId;

const call = (method: string, path: string, cookie: string, body?: unknown) =>
  world.fetch(path.startsWith('http') ? path : main + path, {
    ...{ method, headers: { origin: main, cookie } },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
const told = async (method: string, path: string, cookie: string, body?: unknown) =>
  (await call(method, path, cookie, body)).json<Record<string, string>>();

async function join(): Promise<void> {
  const { url } = await told('POST', `/v1/orgs/${shared}/invitations`, admin, { role: 'member' });
  await call('POST', url ?? '', guest);
}
const leave = () => call('DELETE', `/v1/orgs/${shared}/members/${member}`, admin);

async function ask(after: number, waiting: readonly UserId[] = []) {
  const answer = await cell.post('/cells/departures', departuresAskType, { after, waiting });
  expect(answer.status).toBe(200);
  return cell.read(answer, departuresToldType, departuresToldSchema);
}

beforeEach(async () => {
  world = await createWorld();
  const [one] = await signedCells(world);
  if (!one) throw new Error('there are two cells');
  cell = one;
  admin = await world.signIn(`${systemRandom.uuid()}@example.org`);
  shared = orgIdSchema.parse((await told('POST', '/v1/orgs', admin, { name: 'Acme' })).id);
  const acting = await call('POST', '/v1/session/organisation', admin, { orgId: shared });
  admin = acting.headers.get('set-cookie')?.split(';')[0] ?? '';
  guest = await world.signIn(`${systemRandom.uuid()}@example.org`);
  member = userIdSchema.parse((await told('GET', '/v1/me', guest)).userId);
  await join();
});

test('a cell hears that somebody has left, once, and that he is back', async () => {
  const { upTo: before } = await ask(0);
  expect((await leave()).status).toBe(204);
  const left = await ask(before);
  expect(left).toMatchObject({ more: false, departures: [{ user: member, org: shared }] });
  expect(left.departures[0]?.leftAtMs).toBeGreaterThan(0);
  expect((await ask(left.upTo)).departures).toEqual([]);
  await join();
  expect((await ask(left.upTo)).departures).toEqual([{ user: member, org: shared, leftAtMs: null }]);
  // Whoever asks for the first time hears of it once, as it is now.
  expect((await ask(0)).departures.filter(({ org }) => org === shared)).toEqual([
    { user: member, org: shared, leftAtMs: null },
  ]);
});

test('a change that ends no membership is no departure', async () => {
  const { upTo } = await ask(0);
  await call('PATCH', `/v1/orgs/${shared}/members/${member}`, admin, { role: 'viewer' });
  await call('POST', `/v1/orgs/${shared}/leave`, admin);
  expect((await ask(upTo)).departures).toEqual([]);
});

test('a number that was never given, of an older copy of the directory, is told everything', async () => {
  await leave();
  const all = await ask(0);
  expect(await ask(all.upTo + 1_000)).toEqual({ ...all, iat: expect.any(Number) });
});

test('a cell hears who may still come to live in its region', async () => {
  const moved = regionIdSchema.parse('elsewhere');
  // His own organisation leads here, and where it does not any more only the other one does.
  expect((await ask(0, [member])).mayLiveHere).toEqual([member]);
  const { orgs, clock } = world.edge;
  const policy = { tier: 'free', region: moved, emailDomain: null, quotas: {} } as const;
  const personal = (await orgs.listOf(member)).find(({ kind }) => kind === 'personal');
  if (!personal) throw new Error('everybody has an organisation of his own');
  await orgs.setPolicy(personal.id, policy, clock.nowMs());
  expect((await ask(0, [member])).mayLiveHere).toEqual([member]);
  await leave();
  expect((await ask(0, [member])).mayLiveHere).toEqual([]);
});
