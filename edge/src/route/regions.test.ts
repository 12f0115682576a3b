/** Regions that clients insist on, requests addressed to others, and where requests come from. */
import { env } from 'cloudflare:workers';
import {
  newOrgId,
  newUserId,
  type OrgId,
  orgIdSchema,
  type UserId,
  userIdSchema,
} from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import { seenBy, sql } from '../../testing/regions.ts';
import { createWorld, main, type World } from '../../testing/world.ts';

interface Me {
  userId: UserId;
  orgId: OrgId;
}
let world: World;
let cookie: string;
let token: string;
let me: Me;

async function setUp(variables: Record<string, unknown> = {}): Promise<void> {
  world = await createWorld(variables);
  cookie = await world.signIn(`${systemRandom.uuid()}@example.org`);
  token = await world.token(cookie);
  const { sub, org } = decodeJwt(token);
  me = { userId: userIdSchema.parse(sub), orgId: orgIdSchema.parse(org) };
}
beforeEach(() => setUp());

const ask = (headers: Record<string, string> = {}, host = main) =>
  world.fetch(`${host}/v1/echo`, { headers: { authorization: `Bearer ${token}`, ...headers } });

describe('a client that insists on a region', () => {
  test('its own is served, by header and by name', async () => {
    expect((await ask({ 'cellbook-region': 'local' })).status).toBe(200);
    expect((await ask({}, 'http://local.localhost:8787')).status).toBe(200);
  });

  test.each([
    ['by header', { 'cellbook-region': 'elsewhere' }, main],
    ['by name', {}, 'http://elsewhere.localhost:8787'],
    ['by both, of which one is right', { 'cellbook-region': 'local' }, 'http://elsewhere.localhost:8787'],
  ])('another is refused with the reason, %s', async (_how, headers: Record<string, string>, host) => {
    const refused = await ask(headers, host);
    expect(refused.status).toBe(403);
    const body = await refused.json<{ code: string; reason: string; next: string; ids: object }>();
    expect(body).toMatchObject({ code: 'region_refused', ids: { asked: 'elsewhere', region: 'local' } });
    expect(body.reason).toContain('the home of this user is region local');
    expect(body.next).toContain('region local');
  });

  test('one that there is not is refused as well', async () => {
    const body = await (await ask({ 'cellbook-region': 'mars' })).json<{ code: string; reason: string }>();
    expect(body.code).toBe('region_refused');
    expect(body.reason).toContain('there is no region mars here');
  });

  test('the reason is the organisation’s policy where that has placed him', async () => {
    await sql('INSERT INTO org_policies (org_id, region, changed_at) VALUES (?, ?, 0)', me.orgId, 'local');
    const refused = await (await ask({ 'cellbook-region': 'elsewhere' })).json<{ reason: string }>();
    expect(refused.reason).toContain(`the policy of organisation ${me.orgId}`);
  });

  test('it is not refused what carries no valid credential for that reason, but for that', async () => {
    const refused = await ask({ 'cellbook-region': 'elsewhere', authorization: 'Bearer nonsense' });
    expect(refused.status).toBe(401);
  });

  test('cookies do not count under a region’s name', async () => {
    expect((await world.fetch('http://local.localhost:8787/v1/me', { headers: { cookie } })).status).toBe(
      401,
    );
  });
});

describe('a request addressed to somebody else', () => {
  const other = { user: newUserId(systemRandom), org: newOrgId(systemRandom) };
  const at = (where: string, by = token) => ask({ 'cellbook-at': where, authorization: `Bearer ${by}` });

  async function addUser(userId: UserId, orgId: OrgId, region: string): Promise<void> {
    await sql(`INSERT OR IGNORE INTO orgs (id, name, tier, created_at) VALUES (?, 'x', 'free', 0)`, orgId);
    await sql(
      `INSERT OR IGNORE INTO users (id, name, home_org_id, region, created_at) VALUES (?, 'Eve', ?, ?, 0)`,
      ...[userId, orgId, region],
    );
    await sql(`INSERT INTO members VALUES (?, ?, 'member', 0)`, orgId, userId);
  }

  beforeEach(async () => {
    // One cell in each region.
    await world.publishPins(2, env.UPSTREAMS, 0);
    await world.clock.advance(60_000);
  });

  test('an admin reaches members of his organisation where they live', async () => {
    const user = newUserId(systemRandom);
    await addUser(user, me.orgId, 'elsewhere');
    const { principal } = await seenBy(await at(user));
    expect(principal).toMatchObject({ sub: me.userId, aud: 'cell-b', at: { user, region: 'elsewhere' } });
  });

  test('a member placed by the organisation’s policy is found where that placed him', async () => {
    const user = newUserId(systemRandom);
    await addUser(user, me.orgId, 'elsewhere');
    await sql('INSERT INTO org_policies (org_id, region, changed_at) VALUES (?, ?, 0)', me.orgId, 'local');
    const { principal } = await seenBy(await at(user));
    expect(principal).toMatchObject({ aud: 'cell-a', at: { user, region: 'local' } });
  });

  test('and the cells of its region, by name', async () => {
    const { principal } = await seenBy(await at('cell-a'));
    expect(principal).toMatchObject({ sub: me.userId, aud: 'cell-a', at: { cell: 'cell-a' } });
  });

  test('but neither strangers nor cells of other regions: for him there are none', async () => {
    await addUser(other.user, other.org, 'local');
    for (const where of [other.user, newUserId(systemRandom), 'cell-b', 'cell-z', '../etc'])
      expect([where, (await at(where)).status]).toEqual([where, 404]);
  });

  test('an operator reaches everybody and every cell', async () => {
    await setUp({ CELLBOOK_OPERATORS: 'op@example.org' });
    await world.publishPins(2, env.UPSTREAMS, 0);
    const operator = await world.token(await world.signIn('op@example.org'));
    const stranger = newUserId(systemRandom);
    await addUser(stranger, newOrgId(systemRandom), 'elsewhere');
    expect((await seenBy(await at(stranger, operator))).principal).toMatchObject({
      aud: 'cell-b',
      role: 'operator',
    });
    expect((await seenBy(await at('cell-b', operator))).principal.aud).toBe('cell-b');
    expect((await at('cell-z', operator)).status).toBe(404);
  });

  test('a member addresses nobody', async () => {
    const user = newUserId(systemRandom);
    await addUser(user, me.orgId, 'local');
    await sql(`UPDATE members SET role = 'member' WHERE user_id = ?`, me.userId);
    await sql('INSERT INTO changes VALUES (?, ?, ?)', me.userId, world.clock.nowMs(), 9e15);
    await world.clock.advance(60_000);
    for (const where of [user, 'cell-a']) expect((await at(where)).status).toBe(403);
  });

  test('himself by his own id is as if he had not said it', async () => {
    expect((await seenBy(await at(me.userId))).principal.at).toBeUndefined();
  });

  test('and a region he insists on is that of the one addressed', async () => {
    const user = newUserId(systemRandom);
    await addUser(user, me.orgId, 'elsewhere');
    const refused = await ask({ 'cellbook-at': user, 'cellbook-region': 'local' });
    expect(await refused.json()).toMatchObject({ code: 'region_refused', ids: { region: 'elsewhere' } });
  });
});

describe('where a request comes from', () => {
  const address = async (headers: Record<string, string>) =>
    (await seenBy(await ask(headers))).echo.headers['cellbook-client-address'];

  test('is what Cloudflare says, and never what the client says in our own header', async () => {
    const forged = { 'cellbook-client-address': '6.6.6.6' };
    expect(await address({ ...forged, 'cf-connecting-ip': '203.0.113.9' })).toBe('203.0.113.9');
    expect(await address(forged)).toBeUndefined();
    expect(await address({ 'x-forwarded-for': '6.6.6.6' })).toBeUndefined();
  });

  test('is what a trusted proxy says last, where one is configured', async () => {
    await setUp({ CELLBOOK_CLIENT_ADDRESS: 'x-forwarded-for' });
    expect(await address({ 'x-forwarded-for': '6.6.6.6, 2001:db8::9', 'cf-connecting-ip': '1.1.1.1' })).toBe(
      '2001:db8::9',
    );
    expect(await address({ 'x-forwarded-for': 'evil\u00e9, <script>' })).toBeUndefined();
  });

  test('is the one there can be where the edge listens on loopback alone, whatever the client says', async () => {
    await setUp({ CELLBOOK_CLIENT_ADDRESS: '127.0.0.1' });
    expect(await address({ 'cf-connecting-ip': '6.6.6.6' })).toBe('127.0.0.1');
  });

  test('is not said where nobody can be trusted to say it', async () => {
    await setUp({ CELLBOOK_CLIENT_ADDRESS: 'none' });
    expect(await address({ 'cf-connecting-ip': '1.1.1.1' })).toBeUndefined();
  });
});
