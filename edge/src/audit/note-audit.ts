/** What a handler knows of its request that its route does not say. */
import type { AuditDetails, AuditWhich } from '@cellbook/shared/protocol/audit.ts';
import type { AuditAction } from '@cellbook/shared/protocol/audit-actions.ts';
import type { Ask } from '../ask.ts';
import type { Identity, Person } from '../identity/identity.ts';

export interface AuditNote {
  what?: AuditAction;
  /** Who it turned out to be: the person who signed in. */
  who?: Identity | (Person & { jti?: string });
  which?: Partial<AuditWhich>;
  /** Names, counts and outcomes: never a body or a secret. */
  details?: AuditDetails;
}

const notes = new WeakMap<Ask, AuditNote>();

export function noteAudit(ask: Ask, { which, details, ...note }: AuditNote): void {
  const known = noteOf(ask);
  notes.set(ask, {
    ...known,
    ...note,
    which: { ...known.which, ...which },
    details: { ...known.details, ...details },
  });
}

export const noteOf = (ask: Ask): AuditNote => notes.get(ask) ?? {};
