/** What a real D1 says when it refuses, and what we make of it. */
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { beforeAll, expect, test } from 'vitest';
import { createBatch } from './d1-batch.ts';

const db = env.DIRECTORY;
const run = createBatch(db, new ManualClock());
beforeAll(() => applyD1Migrations(db, env.MIGRATIONS));

test.each([
  [
    'a place that is taken, by its primary key',
    "INSERT INTO revocations VALUES ('one', 1), ('one', 2)",
    'conflict',
    409,
  ],
  ['a reference to nothing', "INSERT INTO members VALUES ('nowhere', 'nobody', 'admin', 0)", 'internal', 500],
  [
    'a value that is not allowed',
    "INSERT INTO orgs (id, name, tier, created_at) VALUES ('o', 'O', 'gold', 0)",
    'internal',
    500,
  ],
  ['a value of another type', "INSERT INTO revocations VALUES ('one', 'soon')", 'internal', 500],
  [
    'what a trigger refuses',
    "INSERT INTO audit_statements VALUES ('checkpoint', 1, 0, ''); UPDATE audit_statements SET jws = 'x'",
    'internal',
    500,
  ],
  ['a statement that is none', 'SELEKT 1', 'internal', 500],
  ['a table that is not there', 'SELECT * FROM nothing', 'internal', 500],
])('%s', async (_, sql, code, status) => {
  const statements = sql.split('; ').map((one) => db.prepare(one));
  await expect(run(statements)).rejects.toMatchObject({ code, status });
});

test('two at one address, by a UNIQUE of the schema', async () => {
  const invite = "INSERT INTO teams VALUES (?, 'org-x', 'Research', NULL, 0)";
  await db
    .prepare("INSERT OR IGNORE INTO orgs (id, name, tier, created_at) VALUES ('org-x', 'X', 'free', 0)")
    .run();
  await expect(run(['a', 'b'].map((id) => db.prepare(invite).bind(id)))).rejects.toMatchObject({
    code: 'conflict',
  });
});

test('a store that does not answer, or a value that cannot be sent', async () => {
  const away = { batch: () => Promise.reject(new Error('Network connection lost.')) };
  const asked = createBatch(Object.assign(Object.create(db), away), new ManualClock());
  await expect(asked([])).rejects.toMatchObject({ code: 'store_unavailable', status: 503 });
  const wrong = { batch: () => Promise.reject(new TypeError('undefined is not an object')) };
  const broken = createBatch(Object.assign(Object.create(db), wrong), new ManualClock());
  await expect(broken([])).rejects.toMatchObject({ code: 'internal' });
});
