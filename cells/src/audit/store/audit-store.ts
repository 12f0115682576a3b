/**
 * Where the cell's audit log is kept: the chain, what has been begun, and what was signed. Both implementations
 * pass the suite in audit-store.conformance.test.ts.
 */
import type { ChainHead, ChainRow } from '@cellbook/shared/audit/chain.ts';
import type { AuditStatement } from '@cellbook/shared/audit/statements.ts';
import type { StoredChainRow } from '@cellbook/shared/audit/verify.ts';
import type { AuditId, OrgId, UserId } from '@cellbook/shared/ids.ts';
import type { AuditOutcome } from '@cellbook/shared/protocol/audit.ts';
import type { AuditAction } from '@cellbook/shared/protocol/audit-actions.ts';

/** Something begun. `body` is the event to append if its maker never says how it ended. */
export interface AuditIntent {
  id: AuditId;
  body: string;
  /** Ended already: left by a transaction for the writer to append. */
  ready: boolean;
  /** `<instance>/<start>`: the process that began it. */
  writer: string;
  untilMs: number;
}

/** What becomes durable together or not at all. */
export interface AuditBatch {
  opened: readonly AuditIntent[];
  /** They continue the chain; empty when only intents come or go. */
  rows: readonly ChainRow[];
  closed: readonly AuditId[];
}

export interface SettleQuery {
  /** The asker: intents of earlier starts of its instance are settled at once. */
  writer: string;
  nowMs: number;
  limit: number;
}

/** Whose events are asked for. */
export type AuditScope =
  | { kind: 'own'; userId: UserId }
  | { kind: 'organisation'; orgId: OrgId }
  | { kind: 'all' };

export interface AuditQuery {
  scope: AuditScope;
  sinceMs?: number | undefined;
  untilMs?: number | undefined;
  action?: AuditAction | undefined;
  actor?: string | undefined;
  resource?: string | undefined;
  outcome?: AuditOutcome | undefined;
  /** Rows before this one, exclusive. */
  before?: number | undefined;
  /** Rows after this one, exclusive; then the oldest come first. */
  after?: number | undefined;
  limit: number;
}

export type ListedRow = Pick<ChainRow, 'seq' | 'hash' | 'body'>;

export interface KeptStatement extends Pick<AuditStatement, 'kind' | 'seq'> {
  jws: string;
}

export interface AuditStore {
  /** The last row, or where the chain begins when there is none. */
  head(): Promise<ChainHead>;
  /** `behind`: another writer has taken one of these places in the chain; nothing was written. */
  commit(batch: AuditBatch): Promise<'committed' | 'behind'>;
  /** The hash of a row; null when there is none. */
  hashAt(seq: number): Promise<string | null>;
  /** Intents whose event is to be appended now: ready, abandoned by a dead process, or past their time. */
  settleable(query: SettleQuery): Promise<AuditIntent[]>;
  /** Newest first, unless `after` is given. */
  list(query: AuditQuery): Promise<ListedRow[]>;
  /** In order, from a row on, with their columns: what verification reads. */
  rows(from: number, limit: number): Promise<StoredChainRow[]>;
  /** False when there is one of this kind for this row. */
  addStatement(statement: KeptStatement): Promise<boolean>;
  /** In order of their rows: all of them, or the first `limit` from a row on. */
  statements(limit?: number, from?: number): Promise<KeptStatement[]>;
  /** Takes away what a later statement makes superfluous; refused by the store where none does. */
  dropStatements(statements: readonly Pick<KeptStatement, 'kind' | 'seq'>[]): Promise<number>;
  /** The checkpoint of this row, or of the last one before it that has one. */
  checkpointUpTo(seq: number): Promise<KeptStatement | null>;
  /** Where the chain begins; null: with its first row. */
  lastRemoval(): Promise<KeptStatement | null>;
  /** Null: no wish of its own any more. */
  keepPolicy(orgId: OrgId, retentionDays: number | null): Promise<void>;
  /** The one for the latest row; null when there is none. */
  lastStatement(): Promise<KeptStatement | null>;
  /**
   * The last row before the first whose time is not over, of the oldest `rowsMax`, and never the newest; null when
   * there is none. Nobody's time is shorter than `daysMin`.
   */
  lastExpired(
    nowMs: number,
    daysByTier: Record<string, number>,
    rowsMax: number,
    daysMin?: number,
  ): Promise<ChainHead | null>;
  /** Whoever exports has received everything through this row; never more than there is, and never less again. */
  noteExported(seq: number): Promise<void>;
  exportedThrough(): Promise<number>;
  /** In one transaction: the statement is kept, and every row through its `seq` goes. */
  remove(statement: KeptStatement): Promise<number>;
}
