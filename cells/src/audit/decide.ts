/**
 * Which requests become events:
 *
 *   writes (anything but GET, HEAD, OPTIONS)     all, with their result; unremarkable ones only when refused
 *   reads that the gate refused                  all: 401, 403, and the 404 of what one may not see
 *   reads that a handler refused with 401, 403   all
 *   reads of files and notebooks                 where the organisation asked for it
 *   other reads, health, paths without a route   none
 *
 * 421 is never an event: it says that the user lives elsewhere, and the edge asks there. A 404 behind the gate is
 * an answer (there is no such file), not a refusal.
 */
import type { Permission } from '@cellbook/shared/access/permissions.ts';
import type { AuditOutcome } from '@cellbook/shared/protocol/audit.ts';
import type { AuditAction } from '@cellbook/shared/protocol/audit-actions.ts';
import { actionOfRoute, unremarkable } from './route-actions.ts';

export interface RequestFacts {
  method: string;
  /** As registered; null when no route was found. */
  route: string | null;
  open: boolean;
  permission: Permission | undefined;
  /** What the route or its handler says that it is. */
  named: AuditAction | undefined;
  /** The caller's organisation wants reads recorded. */
  readsWanted: boolean;
}

const isReading = (method: string): boolean => method === 'GET' || method === 'HEAD' || method === 'OPTIONS';

/** What it is recorded as whatever becomes of it, so that it is recorded before it is begun; null: not. */
export function actionBefore({ method, route, open, named }: RequestFacts): AuditAction | null {
  if (open || route === null || isReading(method) || unremarkable.has(`${method} ${route}`)) return null;
  return named ?? actionOfRoute(method, route) ?? 'api.write';
}

/** What it is recorded as, now that its answer is known; null: not. */
export function actionAfter(
  facts: RequestFacts,
  answer: { admitted: boolean; status: number },
): AuditAction | null {
  const { status, admitted } = answer;
  if (status === 421) return null;
  const before = actionBefore(facts);
  if (before !== null) return before;
  if (status === 401 || status === 403) return 'access.refused';
  if (!admitted && status === 404 && facts.route !== null) return 'access.refused';
  const isContent = isReading(facts.method) && facts.permission === 'notebook.read';
  return facts.readsWanted && isContent && status < 400 ? 'content.read' : null;
}

export function outcomeOf(status: number): AuditOutcome {
  if (status < 400) return 'ok';
  return status < 500 ? 'refused' : 'failed';
}
