/** Remembers which writes were asked for and what was answered, by user, route and Idempotency-Key. */
import type { UserId } from '@cellbook/shared/ids.ts';

export interface IdempotencyScope {
  userId: UserId;
  /** Method and path, ids included. */
  route: string;
  key: string;
}

export interface IdempotencyClaim {
  bodyHash: string;
  /** Used if the key is new; a taken-over claim keeps its first one. */
  claimId: string;
  nowMs: number;
  lockMs: number;
  ttlMs: number;
}

export interface StoredAnswer {
  status: number;
  /** What was sent, as JSON; null for no body. */
  body: unknown;
}

export type ClaimResult =
  /** Ours to do. What is done is to be deduplicated by `claimId`: its first server may have died half-way. */
  | { state: 'claimed'; claimId: string }
  | { state: 'answered'; answer: StoredAnswer }
  | { state: 'in_progress' }
  | { state: 'other_body' };

export interface IdempotencyStore {
  claim(scope: IdempotencyScope, claim: IdempotencyClaim): Promise<ClaimResult>;
  answer(scope: IdempotencyScope, claimId: string, answer: StoredAnswer): Promise<void>;
  /** The work failed: the next request with the key may try at once. */
  release(scope: IdempotencyScope, claimId: string, nowMs: number): Promise<void>;
  /** Forgets what has expired; returns how many. */
  removeExpired(nowMs: number): Promise<number>;
}
