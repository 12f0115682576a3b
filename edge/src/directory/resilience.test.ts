/** The edge without its directory: stores that fail, a clock that is advanced, isolates that start meanwhile. */
import { env } from 'cloudflare:workers';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import { seenBy, sql } from '../../testing/regions.ts';
import { createWorld, main, type World } from '../../testing/world.ts';
import { claimsSchema } from '../identity/identity.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;
const down = { kv: false, db: false };

/** Real stores, behind a switch. */
function switched<Store extends object>(store: Store, name: 'kv' | 'db', methods: string[]): Store {
  return new Proxy(store, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== 'function') return value;
      if (methods.includes(String(property)))
        return (...given: unknown[]) => {
          if (down[name]) throw new Error(`${name} is down`);
          return value.apply(target, given);
        };
      return value.bind(target);
    },
  });
}

let world: World;
let variables: Record<string, unknown>;
let cookie: string;
let token: string;

beforeEach(async () => {
  Object.assign(down, { kv: false, db: false });
  variables = {
    PINS: switched(env.PINS, 'kv', ['get', 'put']),
    DIRECTORY: switched(env.DIRECTORY, 'db', ['batch']),
  };
  world = await createWorld(variables);
  cookie = await world.signIn(`${systemRandom.uuid()}@example.org`);
  token = await world.token(cookie);
  await ask();
});

const ask = (at: World = world, by = token) =>
  at.fetch(`${main}/v1/echo`, { headers: { authorization: `Bearer ${by}` } });
const fail = () => Object.assign(down, { kv: true, db: true });

describe('with D1 and KV down', () => {
  test('who is signed in is served for a day, in the console, by token and in a workspace', async () => {
    const workspaceCookie = await world.enter(cookie);
    fail();
    for (let hour = 0; hour < 24; hour++) {
      await world.clock.advance(hourMs);
      expect([hour, (await ask()).status]).toEqual([hour, 200]);
    }
    expect((await world.fetch(`${main}/`, { headers: { cookie } })).status).toBe(200);
    const host = `http://${world.workspaceId}.localhost:8787`;
    const inWorkspace = await world.fetch(`${host}/api/echo`, { headers: { cookie: workspaceCookie } });
    expect(inWorkspace.status).toBe(200);
  });

  test('what was revoked before stays revoked', async () => {
    const { jti } = decodeJwt(token);
    await sql('INSERT INTO revocations VALUES (?, ?)', jti, 9e15);
    await world.clock.advance(minuteMs);
    expect((await ask()).status).toBe(401);
    fail();
    await world.clock.advance(23 * hourMs);
    expect((await ask()).status).toBe(401);
  });

  test('after that a revocation might be a day old and unread: 503, until the directory is back', async () => {
    fail();
    await world.clock.advance(limits.edge.snapshotStaleMsMax + minuteMs);
    const refused = await ask();
    expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([503, true]);
    Object.assign(down, { kv: false, db: false });
    await world.clock.advance(minuteMs);
    expect((await ask()).status).toBe(200);
  });

  test('an isolate that starts then serves by the copies that others have left', async () => {
    await world.clock.advance(minuteMs);
    await ask();
    fail();
    const clock = new ManualClock(world.clock.nowMs() + hourMs);
    const fresh = world.anotherIsolate(clock);
    expect((await ask(fresh)).status).toBe(200);
    await clock.advance(23 * hourMs);
    expect((await ask(fresh)).status).toBe(200);
    await clock.advance(2 * hourMs);
    expect((await ask(fresh)).status).toBe(503);
  });

  test('copies signed with another key are as none', async () => {
    await world.clock.advance(minuteMs);
    await ask();
    fail();
    const stranger = await createWorld({
      ...variables,
      CELLBOOK_CREDENTIAL_KEYS: JSON.stringify([
        { kty: 'oct', kid: 'two', k: 'dHdvdHdvdHdvdHdvdHdvdHdvdHdvdHdvdHdvdHdvdHdv' },
        { kty: 'oct', kid: 'one', k: 'dHdvdHdvdHdvdHdvdHdvdHdvdHdvdHdvdHdvdHdvdHdv' },
      ]),
    });
    await expect(stranger.edge.revoked.get(() => undefined)).rejects.toMatchObject({
      code: 'store_unavailable',
    });
  });

  test('with KV alone down the pins come from the directory', async () => {
    await sql('INSERT INTO pins VALUES (?, ?, 0)', 1, (await env.PINS.get('pins')) ?? '');
    down.kv = true;
    const fresh = world.anotherIsolate(new ManualClock(world.clock.nowMs()));
    expect((await fresh.edge.pins.get(() => undefined)).epoch).toBe(1);
  });
});

describe('claims that have changed', () => {
  const change = (subject: unknown) =>
    sql('INSERT INTO changes VALUES (?, ?, ?)', subject, world.clock.nowMs(), 9e15);
  const principal = async () => (await seenBy(await ask())).principal;

  test.each(['sub', 'org', 'jti'])('of a %s are read anew within a minute', async (which) => {
    const claims = decodeJwt(token);
    expect(await principal()).toMatchObject({ role: 'admin', tier: 'free' });
    await sql(`UPDATE members SET role = 'viewer' WHERE user_id = ?`, claims.sub);
    await sql(`UPDATE orgs SET tier = 'paid' WHERE id = ?`, claims.org);
    await change(claims[which]);
    await world.clock.advance(minuteMs);
    expect(await principal()).toMatchObject({ role: 'viewer', tier: 'paid' });
  });

  test('cost one read per isolate and change, and none where nothing changed', async () => {
    await sql(`UPDATE members SET role = 'viewer' WHERE user_id = ?`, decodeJwt(token).sub);
    await change(decodeJwt(token).sub);
    await world.clock.advance(minuteMs);
    await principal();
    fail();
    expect((await principal()).role).toBe('viewer');
  });

  test('are not asked for of a credential issued after the change', async () => {
    const claims = claimsSchema.parse(decodeJwt(token));
    await sql(`UPDATE members SET role = 'viewer' WHERE user_id = ?`, claims.sub);
    await change(claims.sub);
    await world.clock.advance(limits.edge.changeSettlesMs + minuteMs);
    const iat = Math.floor(world.clock.nowMs() / 1_000);
    const later = await world.edge.credentials.mint('token', { ...claims, iat, exp: iat + 600 });
    // The older one is read anew; the later one is believed, with the directory away.
    expect((await principal()).role).toBe('viewer');
    fail();
    const answer = await ask(world, later);
    expect((await seenBy(answer)).principal.role).toBe('admin');
  });

  test('of somebody who is no member any more refuse his credential', async () => {
    const { sub } = decodeJwt(token);
    await sql('DELETE FROM members WHERE user_id = ?', sub);
    await change(sub);
    await world.clock.advance(minuteMs);
    const refused = await ask();
    expect([refused.status, await refused.json()]).toMatchObject([401, { code: 'unauthenticated' }]);
  });

  test('of a service account come from its own row, and a disabled one is refused', async () => {
    const { sub, org } = decodeJwt(token);
    await sql('DELETE FROM members WHERE user_id = ?', sub);
    await sql(
      `INSERT INTO service_accounts (id, org_id, name, role, region, created_by, created_at)
       VALUES (?, ?, 'ci', 'member', 'local', ?, 0)`,
      ...[sub, org, sub],
    );
    await change(sub);
    await world.clock.advance(minuteMs);
    expect(await principal()).toMatchObject({ role: 'member', name: 'ci' });
    await sql('UPDATE service_accounts SET disabled_at = 1 WHERE id = ?', sub);
    await sql('UPDATE changes SET at = at + 10000');
    await world.clock.advance(minuteMs);
    expect((await ask()).status).toBe(401);
  });

  test('while the directory is down somebody whose claims changed waits, and nobody else', async () => {
    await change(decodeJwt(token).sub);
    await world.clock.advance(minuteMs);
    await world.edge.changes.get(() => undefined);
    fail();
    expect((await ask()).status).toBe(503);
  });
});
