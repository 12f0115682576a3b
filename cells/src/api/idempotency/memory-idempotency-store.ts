import type {
  ClaimResult,
  IdempotencyClaim,
  IdempotencyScope,
  IdempotencyStore,
  StoredAnswer,
} from './idempotency-store.ts';

interface Entry {
  bodyHash: string;
  claimId: string;
  answer: StoredAnswer | null;
  lockedUntilMs: number;
  expiresAtMs: number;
}

export class MemoryIdempotencyStore implements IdempotencyStore {
  readonly #entries = new Map<string, Entry>();

  async claim(scope: IdempotencyScope, claim: IdempotencyClaim): Promise<ClaimResult> {
    const { bodyHash, claimId, nowMs, lockMs, ttlMs } = claim;
    const known = this.#entries.get(nameOf(scope));
    const fresh = {
      bodyHash,
      claimId,
      answer: null,
      lockedUntilMs: nowMs + lockMs,
      expiresAtMs: nowMs + ttlMs,
    };
    if (!known || known.expiresAtMs <= nowMs) {
      this.#entries.set(nameOf(scope), fresh);
      return { state: 'claimed', claimId };
    }
    if (known.bodyHash !== bodyHash) return { state: 'other_body' };
    if (known.answer) return { state: 'answered', answer: structuredClone(known.answer) };
    if (known.lockedUntilMs > nowMs) return { state: 'in_progress' };
    known.lockedUntilMs = nowMs + lockMs;
    return { state: 'claimed', claimId: known.claimId };
  }

  async answer(scope: IdempotencyScope, claimId: string, answer: StoredAnswer): Promise<void> {
    const known = this.#entries.get(nameOf(scope));
    if (known?.claimId === claimId) known.answer = structuredClone(answer);
  }

  async release(scope: IdempotencyScope, claimId: string, nowMs: number): Promise<void> {
    const known = this.#entries.get(nameOf(scope));
    if (known?.claimId === claimId && !known.answer) known.lockedUntilMs = nowMs;
  }

  async removeExpired(nowMs: number): Promise<number> {
    const expired = [...this.#entries].filter(([, entry]) => entry.expiresAtMs <= nowMs);
    for (const [name] of expired) this.#entries.delete(name);
    return expired.length;
  }
}

const nameOf = ({ userId, route, key }: IdempotencyScope): string => JSON.stringify([userId, route, key]);
