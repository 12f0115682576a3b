/** Last lines in Redis, for the instances that agents do not report to. Every call may be lost. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import type { AttemptId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { createClient } from 'redis';
import { z } from 'zod';
import type { Tail, TailCache } from './job-logs.ts';

const tailSchema = z.object({ tail: z.string(), progress: z.number().nullable(), atMs: z.number() });
const details = { code: 'store_unavailable', doing: 'asking Redis for the last lines of attempts' } as const;

export function redisTails(
  client: Pick<ReturnType<typeof createClient>, 'isReady' | 'set' | 'mGet'>,
  prefix: string,
  clock: Clock,
): TailCache {
  const keyOf = (attemptId: AttemptId): string => `${prefix}tail/${attemptId}`;
  return {
    put(attemptId, tail) {
      if (!client.isReady) return;
      const expiration = { type: 'PX', value: limits.jobs.logNotedMs } as const;
      client.set(keyOf(attemptId), JSON.stringify(tail), { expiration }).catch(() => {
        // The next report brings it again.
      });
    },
    async get(attemptIds) {
      const found = new Map<AttemptId, Tail>();
      if (!client.isReady || attemptIds.length === 0) return found;
      const values = await withDeadline(clock, limits.jobs.rateRedisMs, details, () =>
        client.mGet(attemptIds.map(keyOf)),
      ).catch(() => []);
      for (const [index, attemptId] of attemptIds.entries()) {
        const value = values[index];
        if (typeof value === 'string') found.set(attemptId, tailSchema.parse(JSON.parse(value)));
      }
      return found;
    },
  };
}
