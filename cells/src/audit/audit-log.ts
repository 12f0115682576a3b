/**
 * What the rest of the cell sees of the audit log. The promise: an action is begun only when that is durable,
 * and its answer is given only when its end is.
 *
 *   begin(event) ──▶ intent durable ──▶ the action ──▶ end(result) ──▶ event in the chain ──▶ the answer
 *                          │
 *                          └── killed in between: the intent is found, and the event appended as `unknown`
 *
 * So whatever was done has an event, and an event of an action that a crash cut short says that nobody knows how
 * it ended. What changes nothing (a refusal) needs no beginning: `record` alone.
 */
import type {
  AuditDetails,
  AuditResult,
  AuditWhich,
  NewAuditEvent,
} from '@cellbook/shared/protocol/audit.ts';

export interface AuditLog {
  /** Resolves when the event is in the chain. Throws `store_unavailable` when it cannot be, or too many wait. */
  record(event: NewAuditEvent): Promise<void>;
  /** Resolves when it is durable that this was begun. Throws as `record` does; then the action must not be done. */
  begin(event: Omit<NewAuditEvent, 'result'>): Promise<OpenDeed>;
  /** A transaction has left a ready intent (ready-intent.ts): append it soon. */
  settle(): void;
}

export interface OpenDeed {
  /** Resolves when the event is in the chain. Once. */
  end(ending: DeedEnding): Promise<void>;
}

/** What is known of a deed only when it is done. */
export interface DeedEnding {
  result: AuditResult;
  which?: Partial<AuditWhich> | undefined;
  details?: AuditDetails | undefined;
}
