/** A Redis of its own on 127.0.0.1, without persistence: Redis is never the truth here. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from 'redis';
import { assertRunning, type Child, type SpawnContext, startChild } from '../processes/child.ts';
import { stopOrder } from '../processes/record.ts';
import { waitUntil } from '../wait-until.ts';

export interface RedisOptions {
  /** Of its record and log; `redis` unless told. */
  name?: string;
  directory: string;
  port: number;
  password: string;
  /** How many numbered databases; tests take one each. */
  databases?: number;
  signal?: AbortSignal | undefined;
}

export interface RunningRedis {
  child: Child;
  url: string;
  version: string;
}

export async function startRedis(context: SpawnContext, options: RedisOptions): Promise<RunningRedis> {
  mkdirSync(options.directory, { recursive: true });
  const configPath = join(options.directory, 'redis.conf');
  // In a file only we may read, because arguments are visible to every user of the machine.
  writeFileSync(configPath, config(options), { mode: 0o600 });
  const child = await startChild(context, {
    name: options.name ?? 'redis',
    stopOrder: stopOrder.redis,
    command: 'redis-server',
    args: [configPath],
    stopSignal: 'SIGTERM',
    stopDeadlineMs: 5_000,
  });
  const url = `redis://:${options.password}@127.0.0.1:${options.port}`;
  try {
    return { child, url, version: await firstAnswer(context, child, url, options.signal) };
  } catch (thrown) {
    await child.stop();
    throw thrown;
  }
}

function config(options: RedisOptions): string {
  return [
    'bind 127.0.0.1',
    `port ${options.port}`,
    `dir ${options.directory}`,
    `requirepass ${options.password}`,
    `databases ${options.databases ?? 16}`,
    'save ""',
    'appendonly no',
    'daemonize no',
    // A cache that is full forgets the oldest; 256 MiB holds 20K users at 12 KiB each.
    'maxmemory 256mb',
    'maxmemory-policy allkeys-lru',
    '',
  ].join('\n');
}

async function firstAnswer(
  context: SpawnContext,
  child: Child,
  url: string,
  signal?: AbortSignal,
): Promise<string> {
  return waitUntil(
    async () => {
      assertRunning(child);
      const client = createClient({ url, socket: { reconnectStrategy: false, connectTimeout: 2_000 } });
      client.on('error', () => undefined);
      try {
        await client.connect();
        const info = await client.info('server');
        return /redis_version:(\S+)/.exec(info)?.[1];
      } finally {
        client.destroy();
      }
    },
    { clock: context.clock, deadlineMs: 15_000, what: 'Redis to answer', signal },
  );
}
