/** For tests of outages: a Postgres and a Redis of their own, which can be stopped and started where they were. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { freePort } from '@cellbook/shared/ports.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import postgres from 'postgres';
import type { Child } from '../up/processes/child.ts';
import { startPostgres } from '../up/services/postgres.ts';
import { startRedis } from '../up/services/redis.ts';

export interface FailingStore {
  readonly url: string;
  stop(): Promise<void>;
  /** With -9: it flushes nothing and tells nobody. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

export interface FailingStores {
  postgres: FailingStore;
  redis: FailingStore;
  stop(): Promise<void>;
}

/** A Redis alone. */
export async function startFailingRedis(directory: string): Promise<FailingStore> {
  const at = { directory: join(directory, 'redis'), port: await freePort(), password: systemRandom.uuid() };
  return failing(() => startRedis(contextIn(directory), at));
}

export async function startFailingStores(directory: string): Promise<FailingStores> {
  const context = contextIn(directory);
  const password = systemRandom.uuid();
  const atPostgres = { dataDirectory: join(directory, 'pg'), port: await freePort(), password };
  const atRedis = { directory: join(directory, 'redis'), port: await freePort(), password };
  const stores = {
    postgres: await failing(() => startPostgres(context, { ...atPostgres, settings: ['fsync=off'] })),
    redis: await failing(() => startRedis(context, atRedis)),
  };
  const url = await createDatabase(stores.postgres.url);
  return {
    postgres: { ...stores.postgres, url },
    redis: stores.redis,
    async stop() {
      await Promise.all([stores.postgres.stop(), stores.redis.stop()]);
    },
  };
}

function contextIn(directory: string) {
  const runDirectory = join(directory, 'run');
  mkdirSync(runDirectory, { recursive: true });
  return {
    ...{ clock: systemClock, homeDirectory: directory, runDirectory },
    logDirectory: join(directory, 'logs'),
  };
}

async function failing(run: () => Promise<{ child: Child; url: string }>): Promise<FailingStore> {
  let running = await run();
  let isUp = true;
  return {
    url: running.url,
    async stop() {
      if (isUp) await running.child.stop();
      isUp = false;
    },
    async kill() {
      process.kill(running.child.pid, 'SIGKILL');
      await running.child.exited;
      // What it leaves (its record, backends that have not noticed) goes as after any stop.
      await running.child.stop();
      isUp = false;
    },
    async start() {
      running = await run();
      isUp = true;
    },
  };
}

async function createDatabase(serverUrl: string): Promise<string> {
  const admin = postgres(serverUrl, { max: 1, onnotice: () => undefined });
  await admin.unsafe('create database failing');
  await admin.end({ timeout: 1 });
  const url = new URL(serverUrl);
  url.pathname = '/failing';
  return url.href;
}
