/**
 * How often one address may begin or end a sign-in, or try a link: a window of a minute that slides by halves. Counted per
 * isolate; it keeps a script from filling the directory and from using us against a provider, and stands beside
 * whatever the network before the edge does.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { BoundedMap } from '../bounded-map.ts';

export interface SignInGate {
  /** Throws `rate_limited`. Where nothing says the address all would be one, so none is counted. */
  enter(address: string | null): void;
}

const windowMs = 60_000;

/** One person tries codes of waiting command lines; the key is his id. */
export const createDeviceGate = (clock: Clock): SignInGate =>
  createGate(clock, limits.device.guessesPerMinuteMax, 'trying a code', 'you have tried too many codes');

export const createSignInGate = (clock: Clock): SignInGate =>
  createGate(
    clock,
    limits.edge.signInsPerMinuteMax,
    'signing in or out',
    'too many such requests come from your address',
  );

function createGate(clock: Clock, countMax: number, doing: string, problem: string): SignInGate {
  const seen = new BoundedMap<{ window: number; count: number; before: number }>(
    limits.edge.signInAddressesMax,
  );
  return {
    enter(address) {
      if (!address) return;
      const nowMs = clock.nowMs();
      const window = Math.floor(nowMs / windowMs);
      const held = seen.get(address);
      const before = held?.window === window ? held.before : held?.window === window - 1 ? held.count : 0;
      const count = (held?.window === window ? held.count : 0) + 1;
      const share = 1 - (nowMs % windowMs) / windowMs;
      if (count + before * share > countMax) throw tooOften(doing, problem, windowMs - (nowMs % windowMs));
      seen.set(address, { window, count, before });
    },
  };
}

const tooOften = (doing: string, problem: string, retryAfterMs: number): CellbookError =>
  new CellbookError('rate_limited', {
    ...{ doing, problem },
    next: 'Wait a minute and try again.',
    retryAfterMs,
  });
