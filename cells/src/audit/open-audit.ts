/** The audit log of a running cell: its store, its writer, the checkpoints, and what is done now and then. */
import { readStatement } from '@cellbook/shared/audit/statements.ts';
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { Database } from '../db/database.ts';
import { repeatEvery } from '../repeat.ts';
import type { ObjectStore } from '../storage/objects/object-store.ts';
import { type AuditKeys, openAuditKeys } from './audit-key.ts';
import type { AuditLog } from './audit-log.ts';
import { ChainWriter } from './chain-writer.ts';
import { type CheckpointDeps, Checkpoints } from './checkpoints.ts';
import { createAuditLog } from './create-audit-log.ts';
import { removeExpired, type ShorteningDeps, thinStatements } from './shorten.ts';
import type { AuditStore } from './store/audit-store.ts';
import { createPostgresAuditStore } from './store/postgres-audit-store.ts';

export interface AuditDeps {
  database: Database;
  objects: ObjectStore;
  /** `cell-eu-1` */
  chain: string;
  /** What at most one process of at a time is: its predecessors' intents are settled at its start. */
  instance: string;
  keyFile: string;
  /** Days that every event is kept at least. Absent: its tier and its organisation say. */
  retentionDaysMin?: number | undefined;
  /** What an operator's export has not come back for is not removed. */
  removesOnlyExported?: boolean | undefined;
  clock: Clock;
  random: Random;
  log: Logger;
  metrics: Metrics;
}

export interface AuditPart {
  log: AuditLog;
  store: AuditStore;
  chain: string;
  /** Removes what is older than its organisation wants; how many events went. */
  removeExpired(): Promise<number>;
  /** Takes statements away that say nothing any more; how many. `partMax`: looked at at a time. */
  thinStatements(partMax?: number): Promise<number>;
  /** Everything waiting is written, and the head signed. */
  close(): Promise<void>;
}

export async function openAudit(deps: AuditDeps): Promise<AuditPart> {
  const { clock, random, log, metrics, chain } = deps;
  const keys = await openAuditKeys(deps.keyFile, random);
  const store = createPostgresAuditStore(deps.database);
  const checkpointing: CheckpointDeps = { ...deps, store, key: keys[0] };
  await checkHead(checkpointing, keys);
  const checkpoints = new Checkpoints(checkpointing);
  const counter = metrics.counter('cellbook_cell_audit_events_total', 'Events appended to the audit log.');
  const writer = `${deps.instance}/${random.uuid()}`;
  const chainWriter = new ChainWriter({
    ...{ store, chain, writer, clock, random },
    onCommitted(head, events) {
      counter.inc(events);
      checkpoints.committed(head, events);
    },
  });
  const shortening: ShorteningDeps = {
    ...checkpointing,
    keys,
    daysMin: deps.retentionDaysMin ?? 0,
    removesOnlyExported: deps.removesOnlyExported ?? false,
  };
  const shorten = async () => {
    await removeExpired(shortening);
    await thinStatements(shortening);
  };
  const settling = repeatEvery(clock, limits.audit.settleMs, async () => chainWriter.settle(), log);
  const expiring = repeatEvery(clock, limits.audit.retentionSweepMs, shorten, log);
  chainWriter.settle();
  return {
    log: createAuditLog({ chain: chainWriter, writer, clock, random }),
    ...{ store, chain },
    removeExpired: () => removeExpired(shortening),
    thinStatements: (partMax) => thinStatements(shortening, partMax),
    async close() {
      settling.cancel();
      expiring.cancel();
      await chainWriter.idle();
      await checkpoints.flush();
    },
  };
}

/** A chain that was cut or rewritten while the cell was away is told at once, not at the next audit. */
async function checkHead({ store, chain, log }: CheckpointDeps, keys: AuditKeys): Promise<void> {
  const last = await store.lastStatement();
  if (!last) return;
  const statement = await readStatement(last.jws, chain, keys);
  const found = await store.hashAt(last.seq);
  const isRemoved = statement?.kind === 'removal';
  if (statement && (isRemoved || found === statement.hash)) return;
  log.error(
    { seq: last.seq, expected: statement?.hash ?? null, found },
    'the audit log is not what was signed: verify it before anything else is done',
  );
}
