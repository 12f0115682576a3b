/** A page of events as one SQL statement: every part of it is fixed, and every value is bound. */

import type { OrgId, UserId } from '@cellbook/shared/ids.ts';
import type { AuditExportQuery } from '@cellbook/shared/protocol/audit.ts';

export type EdgeAuditScope =
  | { kind: 'own'; userId: UserId }
  | { kind: 'organisation'; orgId: OrgId }
  | { kind: 'all' };

export type EdgeAuditFilters = Pick<
  AuditExportQuery,
  'since' | 'until' | 'action' | 'actor' | 'resource' | 'outcome'
>;

export interface EdgeAuditQuery extends EdgeAuditFilters {
  scope: EdgeAuditScope;
  before?: number | undefined;
  /** Then the oldest come first. */
  after?: number | undefined;
  limit: number;
}

export function statementOf(query: EdgeAuditQuery): { sql: string; values: (string | number)[] } {
  const { scope, since, until, before, after } = query;
  const given: [string, string | number | undefined][] = [
    ['actor_id = ?', scope.kind === 'own' ? scope.userId : undefined],
    ['org_id = ?', scope.kind === 'organisation' ? scope.orgId : undefined],
    ['at >= ?', since === undefined ? undefined : new Date(since).toISOString()],
    ['at < ?', until === undefined ? undefined : new Date(until).toISOString()],
    ['action = ?', query.action],
    ['actor_id = ?', query.actor],
    ['resource_id = ?', query.resource],
    ['outcome = ?', query.outcome],
    ['seq < ?', before],
    ['seq > ?', after],
  ];
  const conditions = given.flatMap(([condition, value]) =>
    value === undefined ? [] : [{ condition, value }],
  );
  const where = conditions.map(({ condition }) => condition).join(' AND ') || 'TRUE';
  const order = after === undefined ? 'DESC' : 'ASC';
  return {
    sql: `SELECT seq, prev, hash, body FROM audit_events WHERE ${where} ORDER BY seq ${order} LIMIT ?`,
    values: [...conditions.map(({ value }) => value), query.limit],
  };
}
