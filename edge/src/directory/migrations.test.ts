/** A directory that is in use comes through the migrations whole. */
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { newApiKeyId, newOrgId, newUserId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { expect, test } from 'vitest';
import { createD1Orgs } from './d1-orgs.ts';
import { createD1People } from './d1-people.ts';

const [first, ...later] = env.MIGRATIONS;

test('people keep their workspaces’ organisation as its admin, and their keys', async () => {
  const db = env.DIRECTORY;
  if (!first) throw new Error('no migrations');
  await applyD1Migrations(db, [first]);
  const [user, org, key] = [newUserId(systemRandom), newOrgId(systemRandom), newApiKeyId(systemRandom)];
  await db.batch([
    db.prepare("INSERT INTO orgs VALUES (?, 'Ada', 'paid', 1)").bind(org),
    db.prepare("INSERT INTO users VALUES (?, 'ada@example.org', 'Ada', ?, 'local', 1)").bind(user, org),
    db
      .prepare("INSERT INTO tokens VALUES (?, ?, 'laptop', 'hash', 'abcd', 1, 9999999999999, NULL)")
      .bind(key, user),
  ]);
  await applyD1Migrations(db, [first, ...later]);

  const clock = new ManualClock();
  const people = createD1People({ db, clock, random: systemRandom, operators: new Set() });
  const ada = { sub: user, org, name: 'Ada', tier: 'paid', region: 'local', role: 'admin' };
  expect(await people.personIn(user, org)).toEqual(ada);
  expect(await createD1Orgs({ db, clock }).listOf(user)).toMatchObject([{ id: org, kind: 'personal' }]);
  const found = await db.prepare('SELECT id, user_id, org_id FROM api_keys').all();
  expect(found.results).toEqual([{ id: key, user_id: user, org_id: org }]);
  expect((await db.prepare('PRAGMA foreign_key_check').all()).results).toEqual([]);
});
