/** Redis for rates and last lines: never the truth. While it is away commands fail at once; it is tried again by itself. */
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { createClient } from 'redis';

export function openRedis(url: string, log: Logger) {
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: {
      connectTimeout: limits.api.redisMs,
      reconnectStrategy: (tries: number) => Math.min(100 * 2 ** tries, 5_000),
    },
  });
  let isReported = false;
  client.on('error', (error: unknown) => {
    if (!isReported) log.warn({ err: error }, 'Redis cannot be reached; Postgres counts submissions');
    isReported = true;
  });
  client.on('ready', () => {
    isReported = false;
  });
  client.connect().catch(() => {
    // Told by the error event; the client goes on trying.
  });
  return client;
}
