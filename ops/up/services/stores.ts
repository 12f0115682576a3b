import type { CellHome } from '../home.ts';
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

export interface StoresWanted {
  cellId: string;
  home: CellHome;
  ports: { postgres: number; redis: number };
}

/** One cell's own Postgres, with its database, and its own Redis. */
export async function startStores(starting: Starting, wanted: StoresWanted): Promise<Stores> {
  const outcomes = [startPostgresOf(starting, wanted), startRedisOf(starting, wanted)] as const;
  await Promise.allSettled(outcomes);
  const [postgres, redis] = await Promise.all(outcomes);
  return {
    databaseUrl: await ensureDatabase(postgres.url, `cell_${wanted.cellId.replaceAll('-', '_')}`),
    redisUrl: redis.url,
    versions: { postgres: postgres.version, redis: redis.version },
  };
}

function startPostgresOf({ context, home, random, keepRunning }: Starting, wanted: StoresWanted) {
  const name = `postgres-${wanted.cellId}`;
  const options = {
    name,
    dataDirectory: wanted.home.postgres,
    port: wanted.ports.postgres,
    password: keptSecret(home.keys, `${name}-password`, random),
    settings: machineSettings,
  };
  return keepRunning({ start: (signal) => startPostgres(context, { ...options, signal }) });
}

function startRedisOf({ context, home, random, keepRunning }: Starting, wanted: StoresWanted) {
  const name = `redis-${wanted.cellId}`;
  const options = {
    name,
    directory: wanted.home.redis,
    port: wanted.ports.redis,
    password: keptSecret(home.keys, `${name}-password`, random),
  };
  return keepRunning({ start: (signal) => startRedis(context, { ...options, signal }) });
}

/** Several servers share this machine: each keeps to a little memory until it has work. */
export const machineSettings = ['shared_buffers=32MB'];
