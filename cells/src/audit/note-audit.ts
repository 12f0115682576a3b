/** What a handler knows of its request that its route does not say: what the thing is called, whose it is. */
import type { AuditDetails, AuditWhich } from '@cellbook/shared/protocol/audit.ts';
import type { AuditAction } from '@cellbook/shared/protocol/audit-actions.ts';
import type { FastifyRequest } from 'fastify';
import type { OpenDeed } from './audit-log.ts';

export interface AuditNote {
  what?: AuditAction;
  which?: Partial<AuditWhich>;
  /** Names, counts and outcomes: never a body, code or a secret. */
  details?: AuditDetails;
}

/** What the audit hook keeps of a request. */
export interface RequestAudit {
  /** The gate let it pass. */
  admitted: boolean;
  deed: OpenDeed | null;
  /** Its event is being written, or was. */
  ended: boolean;
  note: AuditNote;
}

declare module 'fastify' {
  interface FastifyRequest {
    audit?: RequestAudit;
  }
  interface FastifyContextConfig {
    /** The action of a route that writes; without one it is found by its path (route-actions.ts), or `api.write`. */
    audit?: AuditAction;
  }
}

/** Harmless where nothing is audited. What was noted before stays where this says nothing else. */
export function noteAudit(request: FastifyRequest, { what, which, details }: AuditNote): void {
  const { audit } = request;
  if (!audit) return;
  const { note } = audit;
  if (what !== undefined) note.what = what;
  note.which = { ...note.which, ...which };
  note.details = { ...note.details, ...details };
}
