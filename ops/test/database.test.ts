import postgres from 'postgres';
import { createClient } from 'redis';
import { describe, expect, it } from 'vitest';
import { createTestDatabase, createTestRedisUrl, useTestDatabase } from './database.ts';

describe('the test database', () => {
  const database = useTestDatabase();

  it('is a real, empty Postgres 18', async () => {
    const sql = postgres(database.url, { max: 1 });
    const [row] = await sql<{ version: string; tables: number }[]>`
      select current_setting('server_version') as version,
             (select count(*)::int from information_schema.tables where table_schema = 'public') as tables`;
    await sql.end();
    expect(row).toEqual({ version: expect.stringMatching(/^18\./), tables: 0 });
  });

  it('is gone after it was dropped, even with a client still connected', async () => {
    const dropped = await createTestDatabase();
    const held = postgres(dropped.url, { max: 1, onclose: () => undefined });
    await held`select 1`;
    await dropped.drop();
    const late = postgres(dropped.url, { max: 1 });
    await expect(late`select 1`).rejects.toMatchObject({ code: '3D000' });
    await Promise.all([held.end({ timeout: 1 }), late.end({ timeout: 1 })]);
  });
});

describe('the test Redis', () => {
  it('gives each caller a database of its own', async () => {
    const [first, second] = await Promise.all(
      [await createTestRedisUrl(), await createTestRedisUrl()].map((url) => createClient({ url }).connect()),
    );
    await first?.set('key', 'of the first');
    expect(await second?.get('key')).toBeNull();
    first?.destroy();
    second?.destroy();
  });
});
