/** What was ended goes into the audit log: one event for each credential, workspace and reason, with how many. */
import type { CellId } from '@cellbook/shared/ids.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { NewAuditEvent } from '@cellbook/shared/protocol/audit.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Opened } from './open-grants.ts';
import type { Ended } from './verdict.ts';

interface Ending {
  opened: Opened;
  reason: Ended;
}

interface RecordDeps {
  audit: Pick<AuditLog, 'record'>;
  log: Logger;
  cellId: CellId;
}

/** They end whether or not it can be recorded: an ended right that goes on is worse than a gap that is logged. */
export function recordEndings({ audit, log, cellId }: RecordDeps, endings: readonly Ending[]): void {
  const groups = Map.groupBy(endings, ({ opened: { grant, workspaceId, what }, reason }) =>
    JSON.stringify([grant.cred, grant.sub, grant.org, workspaceId, what, reason]),
  );
  for (const [first, ...others] of groups.values()) {
    if (!first) continue;
    const event = eventOf(first, others.length + 1, `cell-${cellId}`);
    const { cred, sub } = first.opened.grant;
    log.info({ cred, user: sub, ...event.details }, 'ended with the right that it was opened with');
    audit
      .record(event)
      .catch((error: unknown) => log.error({ err: error, cred, user: sub }, 'an ending was not recorded'));
  }
}

function eventOf({ opened, reason }: Ending, count: number, writer: string): NewAuditEvent {
  const { grant, workspaceId, what } = opened;
  return {
    who: { kind: 'system', id: writer, org: null, role: null, cred: null, via: 'internal' },
    what: 'socket.end',
    which: {
      ...(workspaceId === null ? { kind: 'user', id: grant.sub } : { kind: 'workspace', id: workspaceId }),
      ...{ owner: grant.sub, org: grant.org },
    },
    from: { address: null, agent: null, request: null, trace: null },
    result: { outcome: 'ok', code: null, status: null },
    details: { reason, what, count, cred: grant.cred, user: grant.sub },
    org: grant.org,
  };
}
