import { and, eq, isNull, lte, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Database } from '../../db/database.ts';
import { idempotencyKeys } from '../../db/workspaces.ts';
import type {
  ClaimResult,
  IdempotencyClaim,
  IdempotencyScope,
  IdempotencyStore,
  StoredAnswer,
} from './idempotency-store.ts';

export class PostgresIdempotencyStore implements IdempotencyStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async claim(scope: IdempotencyScope, claim: IdempotencyClaim): Promise<ClaimResult> {
    for (;;) {
      const claimId = await this.#take(scope, claim);
      if (claimId !== null) return { state: 'claimed', claimId };
      const [known] = await this.#database.select().from(idempotencyKeys).where(isAt(scope));
      // Removed as expired between the two statements: take it again.
      if (!known) continue;
      if (known.bodyHash !== claim.bodyHash) return { state: 'other_body' };
      if (known.status === null) return { state: 'in_progress' };
      return { state: 'answered', answer: { status: known.status, body: known.response } };
    }
  }

  async answer(scope: IdempotencyScope, claimId: string, { status, body }: StoredAnswer): Promise<void> {
    const { userId, route, key } = scope;
    await this.#database.execute(sql`
      update idempotency_keys set status = ${status}, response = ${JSON.stringify(body ?? null)}::text::jsonb
      where user_id = ${userId} and route = ${route} and key = ${key} and claim_id = ${claimId}`);
  }

  async release(scope: IdempotencyScope, claimId: string, nowMs: number): Promise<void> {
    await this.#database
      .update(idempotencyKeys)
      .set({ lockedUntil: new Date(nowMs) })
      .where(and(isAt(scope), eq(idempotencyKeys.claimId, claimId), isNull(idempotencyKeys.status)));
  }

  async removeExpired(nowMs: number): Promise<number> {
    const removed = await this.#database
      .delete(idempotencyKeys)
      .where(lte(idempotencyKeys.expiresAt, new Date(nowMs)))
      .returning({ key: idempotencyKeys.key });
    return removed.length;
  }

  /** In one statement: a new key, an expired one, or one whose server died. Null when it is none of these. */
  async #take(scope: IdempotencyScope, claim: IdempotencyClaim): Promise<string | null> {
    const { bodyHash, claimId, nowMs, lockMs, ttlMs } = claim;
    const { userId, route, key } = scope;
    const now = sql`${new Date(nowMs).toISOString()}::timestamptz`;
    const lockedUntil = new Date(nowMs + lockMs).toISOString();
    const expiresAt = new Date(nowMs + ttlMs).toISOString();
    const isExpired = sql`known.expires_at <= ${now}`;
    // By hand: every write of the API passes here twice, and building it anew took longer than running it.
    const [taken] = await this.#database.execute(sql`
      insert into idempotency_keys as known (user_id, route, key, body_hash, claim_id, locked_until, expires_at)
      values (${userId}, ${route}, ${key}, ${bodyHash}, ${claimId}, ${lockedUntil}::timestamptz,
        ${expiresAt}::timestamptz)
      on conflict (user_id, route, key) do update set
        claim_id = case when ${isExpired} then excluded.claim_id else known.claim_id end,
        expires_at = case when ${isExpired} then excluded.expires_at else known.expires_at end,
        body_hash = excluded.body_hash, locked_until = excluded.locked_until, status = null, response = null
      where ${isExpired}
        or (known.status is null and known.locked_until <= ${now} and known.body_hash = excluded.body_hash)
      returning claim_id`);
    return taken ? z.string().parse(taken.claim_id) : null;
  }
}

const isAt = ({ userId, route, key }: IdempotencyScope) =>
  and(eq(idempotencyKeys.userId, userId), eq(idempotencyKeys.route, route), eq(idempotencyKeys.key, key));
