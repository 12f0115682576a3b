/**
 * How often one address may begin or end a sign-in, or try a link, and one person the codes of command lines. Counted
 * in objects of which each key has one (sockets/counts.ts), so that every isolate counts with the others; it keeps a
 * script from filling the directory and from using us against a provider, and stands beside whatever the network
 * before the edge does. Each isolate counts as well: who is over the limit here is refused without asking, and
 * where the objects cannot be reached that count alone is left, for nobody is kept from signing in by a counter.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { log } from '../log.ts';
import { SlidingCounts } from './sliding-counts.ts';

export interface SignInGate {
  /** Throws `rate_limited`. Where nothing says the address all would be one, so none is counted. */
  enter(address: string | null): Promise<void>;
}

/** The object that counts a shard of the keys. */
export type CountsOf = (shard: number) => {
  /** Null: entered; else how long to wait. */
  enter(key: string, countMax: number, nowMs: number): Promise<number | null>;
};

interface GateDeps {
  clock: Clock;
  counts: CountsOf;
}

/** One person tries codes of waiting command lines; the key is his id. */
export const createDeviceGate = (deps: GateDeps): SignInGate =>
  createGate(deps, {
    ...{ name: 'device', countMax: limits.device.guessesPerMinuteMax },
    ...{ doing: 'trying a code', problem: 'you have tried too many codes' },
  });

export const createSignInGate = (deps: GateDeps): SignInGate =>
  createGate(deps, {
    ...{ name: 'sign-in', countMax: limits.edge.signInsPerMinuteMax },
    ...{ doing: 'signing in or out', problem: 'too many such requests come from your address' },
  });

function createGate(
  { clock, counts }: GateDeps,
  { name, countMax, doing, problem }: { name: string; countMax: number; doing: string; problem: string },
): SignInGate {
  const here = new SlidingCounts();
  const everywhere = async (key: string): Promise<number | null> => {
    const details = { code: 'store_unavailable', doing: 'counting sign-ins' } as const;
    try {
      return await withDeadline(clock, limits.edge.countMsMax, details, () =>
        counts(shardOf(key)).enter(key, countMax, clock.nowMs()),
      );
    } catch (cause) {
      log('warn', 'sign-ins are counted by this isolate alone', { cause });
      return null;
    }
  };
  return {
    async enter(address) {
      if (!address) return;
      const key = `${name} ${address}`;
      const waitMs = here.enter(key, countMax, clock.nowMs()) ?? (await everywhere(key));
      if (waitMs !== null) throw tooOften(doing, problem, waitMs);
    },
  };
}

/** FNV-1a: any spread will do, and it has to be the same everywhere. */
function shardOf(key: string): number {
  let hash = 2_166_136_261;
  for (const byte of new TextEncoder().encode(key)) hash = Math.imul(hash ^ byte, 16_777_619);
  return (hash >>> 0) % limits.edge.countShards;
}

const tooOften = (doing: string, problem: string, retryAfterMs: number): CellbookError =>
  new CellbookError('rate_limited', {
    ...{ doing, problem },
    next: 'Wait a minute and try again.',
    retryAfterMs,
  });
