/**
 * What the cell does to a workspace by itself as events: left among the intents by the transaction that does it,
 * so that there is never one without the other, and appended to the chain by the writer within seconds.
 */
import { bodyOf, newEvent } from '@cellbook/shared/audit/make-event.ts';
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { AuditAction } from '@cellbook/shared/protocol/audit-actions.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { auditIntents } from '../db/audit.ts';
import type { Database } from '../db/database.ts';
import type { WorkspaceRow } from '../lifecycle/stores/workspace-row.ts';

export type Inserter = Pick<Database, 'insert'>;

/** Called inside the transaction that does it. */
export type LifecycleOutbox = (on: Inserter, what: AuditAction, row: WorkspaceRow) => Promise<void>;

export function createLifecycleOutbox(deps: {
  clock: Clock;
  random: Random;
  program: string;
}): LifecycleOutbox {
  const { clock, program } = deps;
  return async (on, what, { id, ownerId, orgId, epoch, generation, problemCode }) => {
    const event = newEvent(
      {
        who: { kind: 'system', id: program, org: null, role: null, cred: null, via: 'internal' },
        what,
        which: { kind: 'workspace', id, owner: ownerId, org: orgId },
        from: { address: null, agent: null, request: null, trace: null },
        result: { outcome: 'ok', code: problemCode, status: null },
        details: { epoch, generation },
        org: orgId,
      },
      deps,
    );
    const until = new Date(clock.nowMs() + limits.audit.intentMsMax);
    await on
      .insert(auditIntents)
      .values({ id: event.id, body: bodyOf(event), ready: true, writer: `${program}/outbox`, until });
  };
}

/** Phases that an owner asked for have their event from his request; these nobody asked for. */
export function actionOfPhaseEvent(type: string): AuditAction | null {
  if (type === 'sandbox_lost') return 'workspace.sandbox_lost';
  return type === 'purged' ? 'workspace.purge' : null;
}
