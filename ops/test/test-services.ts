/** The Postgres and Redis of one test run, each started when first asked for. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@cellbook/shared/clock.ts';
import { freePort } from '@cellbook/shared/ports.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { Child, SpawnContext } from '../up/processes/child.ts';
import { startPostgres } from '../up/services/postgres.ts';
import { startRedis } from '../up/services/redis.ts';

/** Numbered Redis databases: one for each test file that asks. */
const redisDatabases = 1_000;

export interface TestServices {
  /** `/postgres`: the server's URL. `/redis`: the URL of a database nobody has used. */
  answer(path: string): Promise<string>;
  stop(): Promise<void>;
}

export function createTestServices(deps: { clock: Clock; random: Random; directory: string }): TestServices {
  const { clock, directory } = deps;
  const context: SpawnContext = {
    clock,
    homeDirectory: directory,
    logDirectory: join(directory, 'logs'),
    runDirectory: join(directory, 'run'),
  };
  mkdirSync(context.runDirectory, { recursive: true });
  const password = deps.random.uuid();
  const children: Child[] = [];
  let nextRedisDatabase = 0;

  const postgres = once(async () => {
    const running = await startPostgres(context, {
      dataDirectory: join(directory, 'pg'),
      port: await freePort(),
      password,
      // The data of a test may be lost, and a test run should not wait for disks.
      settings: ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'],
    });
    children.push(running.child);
    return running.url;
  });
  const redis = once(async () => {
    const where = join(directory, 'redis');
    const running = await startRedis(context, {
      directory: where,
      port: await freePort(),
      password,
      databases: redisDatabases,
    });
    children.push(running.child);
    return running.url;
  });
  return {
    async answer(path) {
      if (path === '/postgres') return postgres.run();
      if (path === '/redis') return `${await redis.run()}/${nextRedisDatabase++}`;
      throw new Error(`the test services do not know ${path}`);
    },
    async stop() {
      await Promise.allSettled([postgres.begun(), redis.begun()]);
      await Promise.all(children.map((child) => child.stop()));
    },
  };
}

/** Runs the work for the first caller; all callers share its result. */
function once<T>(work: () => Promise<T>): { run(): Promise<T>; begun(): Promise<T> | null } {
  let flight: Promise<T> | null = null;
  return {
    run() {
      flight ??= work();
      return flight;
    },
    begun: () => flight,
  };
}
