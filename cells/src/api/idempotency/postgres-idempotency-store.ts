import { and, eq, isNull, lte, sql } from 'drizzle-orm';
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
    await this.#database
      .update(idempotencyKeys)
      .set({ status, response: body })
      .where(and(isAt(scope), eq(idempotencyKeys.claimId, claimId)));
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
    const lockedUntil = new Date(nowMs + lockMs);
    const now = new Date(nowMs).toISOString();
    const isExpired = sql`${idempotencyKeys.expiresAt} <= ${now}::timestamptz`;
    const isAbandoned = sql`(${idempotencyKeys.status} is null
      and ${idempotencyKeys.lockedUntil} <= ${now}::timestamptz and ${idempotencyKeys.bodyHash} = ${bodyHash})`;
    const fresh = { bodyHash, claimId, lockedUntil, expiresAt: new Date(nowMs + ttlMs) };
    const orKept = (column: 'claim_id' | 'expires_at') =>
      sql`case when ${isExpired} then excluded.${sql.identifier(column)}
        else ${idempotencyKeys}.${sql.identifier(column)} end`;
    const [taken] = await this.#database
      .insert(idempotencyKeys)
      .values({ ...scope, ...fresh })
      .onConflictDoUpdate({
        target: [idempotencyKeys.userId, idempotencyKeys.route, idempotencyKeys.key],
        set: {
          claimId: orKept('claim_id'),
          expiresAt: orKept('expires_at'),
          bodyHash,
          lockedUntil,
          status: null,
          response: null,
        },
        setWhere: sql`${isExpired} or ${isAbandoned}`,
      })
      .returning({ claimId: idempotencyKeys.claimId });
    return taken?.claimId ?? null;
  }
}

const isAt = ({ userId, route, key }: IdempotencyScope) =>
  and(eq(idempotencyKeys.userId, userId), eq(idempotencyKeys.route, route), eq(idempotencyKeys.key, key));
