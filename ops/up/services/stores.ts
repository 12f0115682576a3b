import { freePort } from '../ports.ts';
import { keptSecret } from '../secrets.ts';
import type { Starting } from '../starting.ts';
import { ensureDatabase } from './database.ts';
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';

export interface Stores {
  databaseUrl: string;
  redisUrl: string;
  versions: { postgres: string; redis: string };
}

/** Postgres with the cell's database, and Redis. */
export async function startStores(starting: Starting): Promise<Stores> {
  const outcomes = [startPostgresStep(starting), startRedisStep(starting)] as const;
  await Promise.allSettled(outcomes);
  const [postgres, redis] = await Promise.all(outcomes);
  const name = `cell_${starting.config.cellId.replaceAll('-', '_')}`;
  return {
    databaseUrl: await ensureDatabase(postgres.url, name),
    redisUrl: redis.url,
    versions: { postgres: postgres.version, redis: redis.version },
  };
}

function startPostgresStep({ context, home, progress, random, signal, keep }: Starting) {
  const start = async () =>
    startPostgres(context, {
      dataDirectory: home.postgres,
      port: await freePort(),
      password: keptSecret(home.keys, 'postgres-password', random),
      signal,
    });
  return progress.step('Postgres', start, ({ version }) => `Postgres ${version}`).then(keep);
}

function startRedisStep({ context, home, progress, random, signal, keep }: Starting) {
  const start = async () =>
    startRedis(context, {
      directory: home.redis,
      port: await freePort(),
      password: keptSecret(home.keys, 'redis-password', random),
      signal,
    });
  return progress.step('Redis', start, ({ version }) => `Redis ${version}`).then(keep);
}
