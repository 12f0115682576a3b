/**
 * For tests: a fresh, empty database on a real Postgres, and a Redis database nobody else uses.
 *
 *     const database = useTestDatabase();            // at the top of a file or a describe
 *     it('…', async () => { const sql = postgres(database.url); … });
 */
import { systemRandom } from '@cellbook/shared/random.ts';
import postgres from 'postgres';
import { afterAll, beforeAll, inject } from 'vitest';

export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = await ask('/postgres');
  const name = `test_${systemRandom.uuid().replaceAll('-', '')}`;
  await onServer(serverUrl, (sql) => sql.unsafe(`create database ${name}`));
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => onServer(serverUrl, (sql) => sql.unsafe(`drop database if exists ${name} with (force)`)),
  };
}

/** A database for all tests of the enclosing file or describe, dropped after them. */
export function useTestDatabase(): { readonly url: string } {
  let database: TestDatabase | null = null;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database?.drop());
  return {
    get url() {
      if (!database) throw new Error('the test database exists only inside tests and hooks');
      return database.url;
    },
  };
}

/** The URL of an empty Redis database of the caller's own (`redis://…/<number>`). */
export function createTestRedisUrl(): Promise<string> {
  return ask('/redis');
}

async function ask(path: string): Promise<string> {
  const response = await fetch(`${inject('testServicesUrl')}${path}`, {
    signal: AbortSignal.timeout(90_000),
  });
  const body = await response.text();
  if (!response.ok) throw new Error(`starting the test services failed: ${body}`);
  return body;
}

async function onServer(url: string, work: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    await work(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}
