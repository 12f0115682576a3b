/**
 * For tests of the cell: a fresh, migrated database on a real Postgres, and a Redis database nobody else
 * uses. The servers belong to the test run, whose global set-up says where to ask for them.
 */
import { systemRandom } from '@cellbook/shared/random.ts';
import postgres from 'postgres';
import { inject } from 'vitest';
import { closeDatabase, type Database, openDatabase } from './database.ts';
import { migrate } from './migrate.ts';

export interface TestDatabase {
  database: Database;
  url: string;
  /** Closes the pool and drops the database. */
  drop(): Promise<void>;
}

export async function createTestDatabase(options: { migrated?: boolean } = {}): Promise<TestDatabase> {
  const serverUrl = await askTestServices('/postgres');
  const name = `test_${systemRandom.uuid().replaceAll('-', '')}`;
  await onServer(serverUrl, (admin) => admin.unsafe(`create database ${name} template template0`));
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const database = openDatabase(url.href, { applicationName: 'cellbook-test', connectionsMax: 8 });
  if (options.migrated ?? true) await migrate(database);
  return {
    database,
    url: url.href,
    async drop() {
      await closeDatabase(database);
      await onServer(serverUrl, (admin) => admin.unsafe(`drop database if exists ${name} with (force)`));
    },
  };
}

/** The URL of an empty Redis database of the caller's own. */
export function createTestRedisUrl(): Promise<string> {
  return askTestServices('/redis');
}

async function onServer(url: string, work: (admin: postgres.Sql) => Promise<unknown>): Promise<void> {
  const admin = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await work(admin);
  } finally {
    await admin.end({ timeout: 5 });
  }
}

async function askTestServices(path: string): Promise<string> {
  const response = await fetch(`${inject('testServicesUrl')}${path}`, {
    signal: AbortSignal.timeout(90_000),
  });
  const body = await response.text();
  if (!response.ok) throw new Error(`starting the test services failed: ${body}`);
  return body;
}
