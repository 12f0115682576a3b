/**
 * The hint bus on Redis pub/sub. Redis is never the truth: while it is down hints are dropped and the client
 * goes on trying to reach it by itself.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { createClient } from 'redis';
import type { HintBus } from './change-feed.ts';

export interface RedisHints extends HintBus {
  isUp(): boolean;
  close(): void;
}

export function openRedisHints(deps: {
  url: string;
  channel: string;
  log: Logger;
  clock: Clock;
}): RedisHints {
  const { url, channel, log, clock } = deps;
  const options = {
    url,
    // Without it commands would queue up while Redis is away.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: limits.api.redisMs,
      reconnectStrategy: (tries: number) => Math.min(100 * 2 ** tries, 5_000),
    },
  };
  const publisher = createClient(options);
  const subscriber = createClient({ ...options, disableOfflineQueue: false });
  const listeners: ((text: string) => void)[] = [];
  let reported = false;
  for (const client of [publisher, subscriber]) {
    client.on('error', (error: unknown) => {
      if (!reported) log.warn({ err: error }, 'Redis cannot be reached; going on without its hints');
      reported = true;
    });
    client.on('ready', () => {
      reported = false;
    });
    client.connect().catch(() => {
      // Told by the error event; the client goes on trying.
    });
  }
  subscriber
    .subscribe(channel, (text: string) => {
      for (const listener of listeners) listener(text);
    })
    .catch(() => {});
  const details = { code: 'store_unavailable' as const, doing: 'publishing a hint through Redis' };
  return {
    isUp: () => publisher.isReady,
    publish(text) {
      if (!publisher.isReady) return;
      withDeadline(clock, limits.api.redisMs, details, () => publisher.publish(channel, text)).catch(() => {
        // A lost hint costs nothing but time.
      });
    },
    onMessage: (listener) => void listeners.push(listener),
    close() {
      publisher.destroy();
      subscriber.destroy();
    },
  };
}
