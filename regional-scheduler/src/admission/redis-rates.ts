/**
 * Buckets in Redis, all of one submission in one script, so that what several schedulers take adds up. Time is Redis's
 * own. A bucket that is full again is forgotten by its expiry. The script is token-bucket.ts in Lua.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { createClient } from 'redis';
import { z } from 'zod';
import type { Rates } from './rates.ts';

const script = `
local count = tonumber(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local fills, granted, poorest = {}, count, 1
for i = 1, #KEYS do
  local burst, rate = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local held = redis.call('HMGET', KEYS[i], 't', 'a')
  local fill = burst
  if held[1] then
    fill = math.min(burst, tonumber(held[1]) + math.max(0, now - tonumber(held[2])) * rate / 1000)
  end
  fills[i] = fill
  if fill < fills[poorest] then poorest = i end
  granted = math.max(0, math.min(granted, math.floor(fill + 1e-6)))
end
for i = 1, #KEYS do
  local burst, rate = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  redis.call('HSET', KEYS[i], 't', string.format('%.6f', fills[i] - granted), 'a', string.format('%.0f', now))
  redis.call('PEXPIRE', KEYS[i], math.ceil(burst / rate * 1000) + 1000)
end
if granted == count then return {granted, 0, 0} end
local missing = 1 - (fills[poorest] - granted)
return {granted, poorest, math.max(1, math.ceil(missing / tonumber(ARGV[2 * poorest + 1]) * 1000))}
`;
const answerSchema = z.tuple([z.number(), z.number(), z.number()]);

export function redisRates(deps: {
  client: Pick<ReturnType<typeof createClient>, 'eval'>;
  prefix: string;
  clock: Clock;
}): Rates {
  const { client, prefix, clock } = deps;
  const details = { code: 'store_unavailable', doing: 'counting submissions in Redis' } as const;
  return {
    async take(rules, count) {
      const keys = rules.map(({ name }) => `${prefix}${name}`);
      const given = rules.flatMap(({ burst, perSecond }) => [String(burst), String(perSecond)]);
      const answer = await withDeadline(clock, limits.jobs.rateRedisMs, details, () =>
        client.eval(script, { keys, arguments: [String(count), ...given] }),
      );
      const [granted, poorest, waitMs] = answerSchema.parse(answer);
      return { granted, short: rules[poorest - 1]?.name ?? null, waitMs };
    },
  };
}
