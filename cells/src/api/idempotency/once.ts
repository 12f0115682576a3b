/**
 * Does a write once per Idempotency-Key: the same key and body get the same answer, however often and however
 * much at once they come; the same key with another body is a typed 409. A second click waits a little for
 * the first one's answer.
 */
import { createHash } from 'node:crypto';
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { ClaimResult, IdempotencyScope, IdempotencyStore, StoredAnswer } from './idempotency-store.ts';

export interface OnceDeps {
  idempotency: IdempotencyStore;
  clock: Clock;
  random: Random;
}

export interface Write extends IdempotencyScope {
  /** As parsed, so that spelling a default out is the same body. */
  body: unknown;
}

export async function once(
  deps: OnceDeps,
  { body, ...scope }: Write,
  work: (claimId: string) => Promise<StoredAnswer>,
): Promise<StoredAnswer> {
  const claimed = await claimOrWait(deps, scope, hashOf(body));
  if (claimed.state === 'answered') return claimed.answer;
  if (claimed.state === 'other_body') throw reused(scope);
  if (claimed.state === 'in_progress') throw inProgress(scope);
  const { claimId } = claimed;
  try {
    const answer = await work(claimId);
    await deps.idempotency.answer(scope, claimId, answer);
    return answer;
  } catch (error) {
    await deps.idempotency.release(scope, claimId, deps.clock.nowMs());
    throw error;
  }
}

async function claimOrWait(deps: OnceDeps, scope: IdempotencyScope, bodyHash: string): Promise<ClaimResult> {
  const { idempotency, clock, random } = deps;
  const {
    idempotencyWaitMs,
    idempotencyPollMs,
    idempotencyLockMs: lockMs,
    idempotencyTtlMs: ttlMs,
  } = limits.api;
  const untilMs = clock.monotonicMs() + idempotencyWaitMs;
  for (let waitMs = idempotencyPollMs; ; waitMs *= 2) {
    const claim = { bodyHash, claimId: random.uuid(), nowMs: clock.nowMs(), lockMs, ttlMs };
    const result = await idempotency.claim(scope, claim);
    const leftMs = untilMs - clock.monotonicMs();
    if (result.state !== 'in_progress' || leftMs <= 0) return result;
    await sleep(clock, Math.min(waitMs, leftMs));
  }
}

const hashOf = (body: unknown): string => createHash('sha256').update(canonical(body)).digest('base64url');

/** JSON with sorted keys: the same body in another order is the same body. */
function canonical(value: unknown): string {
  return JSON.stringify(value ?? null, (_key, held: unknown) => {
    if (held === null || typeof held !== 'object' || Array.isArray(held)) return held;
    return Object.fromEntries(Object.entries(held).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}

const reused = ({ key, route }: IdempotencyScope): CellbookError =>
  new CellbookError('idempotency_key_reused', {
    doing: `answering ${route}`,
    problem: 'this Idempotency-Key was used before with another body',
    next: 'Use a new key for a new request.',
    ids: { idempotencyKey: key },
  });

const inProgress = ({ key, route }: IdempotencyScope): CellbookError =>
  new CellbookError('idempotency_in_progress', {
    doing: `answering ${route}`,
    problem: 'the first request with this Idempotency-Key is still being served',
    next: 'Ask again with the same key in a moment.',
    ids: { idempotencyKey: key },
    retryAfterMs: 1_000,
  });
