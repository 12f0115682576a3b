/**
 * What of the log has had its time. Rows go from the beginning, through one that a checkpoint names, once they have
 * been proven to be what was signed (shared/src/audit/proven-head.ts); the signed removal and they are one
 * transaction, and the chain begins there from then on. A log that is broken is not shortened: it is told.
 */
import { provenHead } from '@cellbook/shared/audit/proven-head.ts';
import { type AuditStatement, madeAtMs, signStatement } from '@cellbook/shared/audit/statements.ts';
import { signedSuperfluous } from '@cellbook/shared/audit/thinning.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { AuditKeys } from './audit-key.ts';
import { anchor, anchorKey, type CheckpointDeps } from './checkpoints.ts';
import type { KeptStatement } from './store/audit-store.ts';
import { rowsOf } from './verify-cell.ts';

export interface ShorteningDeps extends CheckpointDeps {
  keys: AuditKeys;
  /** Nothing goes sooner, whatever a tier or an organisation says. */
  daysMin: number;
  /** What an operator's export has not come back for stays, however old. */
  removesOnlyExported: boolean;
}

/** How many events went. */
export async function removeExpired(deps: ShorteningDeps): Promise<number> {
  for (let removed = 0; ; ) {
    const gone = await removeOnce(deps);
    if (gone === 0) return removed;
    removed += gone;
  }
}

async function removeOnce(deps: ShorteningDeps): Promise<number> {
  const { store, chain, keys, clock, log, daysMin, removesOnlyExported } = deps;
  const { retentionDaysByTier, removeRowsMax } = limits.audit;
  const expired = await store.lastExpired(clock.nowMs(), retentionDaysByTier, removeRowsMax, daysMin);
  const exported = removesOnlyExported ? await store.exportedThrough() : Number.MAX_SAFE_INTEGER;
  const checkpoint = expired && (await store.checkpointUpTo(Math.min(expired.seq, exported)));
  const removal = await store.lastRemoval();
  if (!checkpoint || checkpoint.seq <= (removal?.seq ?? 0)) return 0;
  const through = await provenHead({
    ...{ chain, keys, removal: removal?.jws ?? null, checkpoint: checkpoint.jws },
    rows: rowsOf(store),
  });
  if (through === null) {
    log.error(
      { through: checkpoint.seq },
      'the audit log is not what was signed: nothing of it is removed. Verify it',
    );
    return 0;
  }
  const at = new Date(clock.nowMs()).toISOString();
  const statement: AuditStatement = { kind: 'removal', chain, ...through, at };
  const jws = await signStatement(statement, deps.key);
  const kept: KeptStatement = { kind: 'removal', seq: through.seq, jws };
  const removed = await store.remove(kept);
  if (removed > 0) await anchor(deps, statement, jws);
  return removed;
}

/** Superfluous statements go, beside the rows and among the objects; how many. A part of them at a time. */
export async function thinStatements(
  deps: ShorteningDeps,
  partMax: number = limits.audit.statementsThinnedMax,
): Promise<number> {
  const { store, objects, chain, keys, clock } = deps;
  const [removal = null] = timed([await store.lastRemoval()]);
  for (let [gone, from] = [0, 0]; ; ) {
    const part = timed(await store.statements(partMax, from));
    const nowMs = clock.nowMs();
    const thinned = await signedSuperfluous({ chain, keys, nowMs, part, removal, max: partMax });
    for (const { kind, seq } of thinned) await objects.delete(anchorKey({ chain, kind, seq }));
    gone += await store.dropStatements(thinned);
    const last = part.at(-1);
    if (!last || part.length < partMax) return gone;
    // The last of a part is the first of the next, where it is seen what comes after it.
    from = last.seq;
  }
}

const timed = (statements: readonly (KeptStatement | null)[]) =>
  statements.flatMap((one) => (one === null ? [] : [{ ...one, atMs: madeAtMs(one.jws) }]));
