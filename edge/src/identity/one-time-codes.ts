/** One-time codes, as the router sees them; the objects that keep them are in sockets/one-time-codes.ts. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { base64url } from 'jose';
import type { Bindings } from '../config.ts';

export interface OneTimeCodeStore {
  /** The code; it lasts `limits.edge.oneTimeCodeTtlMs` unless told. */
  put(payload: string, ttlMs?: number): Promise<string>;
  /** What the code stands for, once and in time; else null. */
  take(code: string): Promise<string | null>;
}

const codeBytes = 32;
const keeping = {
  code: 'store_unavailable',
  doing: 'keeping a one-time code',
  next: 'Try again.',
} as const;
const codePattern = /^[\w-]{43}$/;

export function createOneTimeCodes(deps: {
  objects: Bindings['ONE_TIME_CODES'];
  clock: Clock;
  random: Random;
}): OneTimeCodeStore {
  const { objects, clock, random } = deps;
  const objectOf = (code: string) => {
    const shard = (base64url.decode(code)[0] ?? 0) % limits.edge.oneTimeCodeShards;
    return objects.get(objects.idFromName(`shard-${shard}`));
  };
  /** An object that restarts, as every deploy of the sockets Worker makes it, is no failure of the page. */
  const asked = async <Value>(work: () => Promise<Value>): Promise<Value> => {
    try {
      return await withDeadline(clock, limits.edge.directoryMsMax, keeping, work);
    } catch (cause) {
      if (cause instanceof CellbookError) throw cause;
      throw new CellbookError(keeping.code, { ...keeping, problem: 'they cannot be reached now', cause });
    }
  };
  return {
    async put(payload, ttlMs = limits.edge.oneTimeCodeTtlMs) {
      const code = base64url.encode(random.bytes(codeBytes));
      const untilMs = clock.nowMs() + ttlMs;
      await asked(() => objectOf(code).put(code, payload, untilMs));
      return code;
    },
    async take(code) {
      if (!codePattern.test(code)) return null;
      return asked(() => objectOf(code).take(code));
    },
  };
}
