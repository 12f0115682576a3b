/**
 * What of the edge's log has had its time, a bounded part of it in each turn of the upkeep. Rows go from the beginning,
 * through one that a checkpoint names, once they have been proven to be what was signed
 * (shared/src/audit/proven-head.ts); the signed removal and they are one transaction, and the chain begins there from
 * then on. A log that is broken is not shortened: it is told.
 */
import { provenHead } from '@cellbook/shared/audit/proven-head.ts';
import { auditPublicKeySchema, signStatement } from '@cellbook/shared/audit/statements.ts';
import { signedSuperfluous } from '@cellbook/shared/audit/thinning.ts';
import type { StoredChainRow } from '@cellbook/shared/audit/verify.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { log } from '../log.ts';
import type { EdgeAuditStore } from './d1-audit-store.ts';
import { anchorKey, edgeChain, type SigningDeps } from './edge-statements.ts';

/** How many events went. */
export async function shortenEdgeAudit(deps: SigningDeps): Promise<number> {
  const { store, anchors, key, clock, retentionDays, removesOnlyExported } = deps;
  if (key === null) return 0;
  const atMs = clock.nowMs();
  const expired = await store.lastExpired(atMs, retentionDays, limits.audit.edgeRemoveRowsMax);
  const exported = removesOnlyExported ? await store.exportedThrough() : Number.MAX_SAFE_INTEGER;
  const checkpoint = expired && (await store.checkpointUpTo(Math.min(expired.seq, exported)));
  const removal = await store.lastRemoval();
  if (!checkpoint || checkpoint.seq <= (removal?.seq ?? 0)) return 0;
  const through = await provenHead({
    ...{ chain: edgeChain, keys: [auditPublicKeySchema.parse(key)] },
    ...{ removal: removal?.jws ?? null, checkpoint: checkpoint.jws, rows: rowsOf(store) },
  });
  if (through === null) {
    const ids = { through: String(checkpoint.seq) };
    log('error', 'the audit log is not what was signed: nothing of it is removed. Verify it', { ids });
    return 0;
  }
  const statement = {
    kind: 'removal',
    chain: edgeChain,
    ...through,
    at: new Date(atMs).toISOString(),
  } as const;
  const jws = await signStatement(statement, key);
  const removed = await store.remove({ kind: 'removal', seq: through.seq, atMs, jws });
  if (removed === null) return 0;
  await anchors.put(anchorKey(statement), jws);
  return removed;
}

async function* rowsOf(store: EdgeAuditStore): AsyncGenerator<StoredChainRow> {
  for (let from = 0; ; ) {
    const rows = await store.rows(from, limits.audit.pageRows);
    yield* rows;
    const last = rows.at(-1);
    if (!last) return;
    from = last.seq + 1;
  }
}

/** Superfluous statements go, here and in KV; how many. So many in one turn as one request may send to KV. */
export async function thinEdgeStatements(
  { store, anchors, key, clock }: SigningDeps,
  partMax: number = limits.audit.statementsThinnedMax,
): Promise<number> {
  if (key === null) return 0;
  const keys = [auditPublicKeySchema.parse(key)];
  const removal = await store.lastRemoval();
  for (let [left, from] = [limits.audit.edgeThinnedMax, 0]; ; ) {
    const part = await store.statements(partMax, from);
    const nowMs = clock.nowMs();
    const gone = await signedSuperfluous({ chain: edgeChain, keys, nowMs, part, removal, max: left });
    for (const statement of gone) await anchors.delete(anchorKey(statement));
    left -= await store.dropStatements(gone);
    const last = part.at(-1);
    if (!last || part.length < partMax || left <= 0) return limits.audit.edgeThinnedMax - left;
    // The last of a part is the first of the next, where it is seen what comes after it.
    from = last.seq;
  }
}
