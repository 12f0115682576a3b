/** What the columns of an event say: taken from its body, so that verification can ask for the same again. */
import { type AuditEvent, auditEventSchema } from '../protocol/audit.ts';

export interface EventColumns extends Record<string, string | null> {
  at: string;
  orgId: string | null;
  actorId: string;
  action: string;
  resourceId: string | null;
  outcome: string;
}

export function columnsOf({ at, org, who, what, which, result }: AuditEvent): EventColumns {
  return {
    at: new Date(at).toISOString(),
    orgId: org,
    actorId: who.id,
    action: what,
    resourceId: which.id,
    outcome: result.outcome,
  };
}

export const columnsOfBody = (body: string): EventColumns => columnsOf(parseBody(body));

/** As `columnsOfBody`, but null where the body is no event: somebody else has written it. */
export function columnsIfEvent(body: string): EventColumns | null {
  try {
    return columnsOfBody(body);
  } catch {
    return null;
  }
}

export const parseBody = (body: string): AuditEvent => auditEventSchema.parse(JSON.parse(body));
