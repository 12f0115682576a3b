/** A request as an event: who, which and from where, taken from its credential, its route and its headers. */
import { orgIdSchema } from '@cellbook/shared/ids.ts';
import type { AuditFrom, AuditWhich, AuditWho, NewAuditEvent } from '@cellbook/shared/protocol/audit.ts';
import type { AuditAction } from '@cellbook/shared/protocol/audit-actions.ts';
import { traceparentHeader } from '@cellbook/shared/trace.ts';
import type { Ask } from '../ask.ts';
import { clientAddressOf } from '../client-address.ts';
import type { AuditNote } from './note-audit.ts';
import { noteOf } from './note-audit.ts';

const nobody: AuditWho = { kind: 'anonymous', id: '', org: null, role: null, cred: null, via: null };

export interface Deed {
  what: AuditAction;
  who?: AuditNote['who'] | null;
  which?: Partial<AuditWhich> | undefined;
  details?: NewAuditEvent['details'] | undefined;
}

export function eventOf(ask: Ask, deed: Deed): Omit<NewAuditEvent, 'result'> {
  const note = noteOf(ask);
  const who = whoOf(note.who ?? deed.who ?? null);
  const which = { kind: 'none', id: null, owner: null, org: null, ...deed.which, ...note.which };
  return {
    ...{ who, which, what: note.what ?? deed.what, from: fromOf(ask) },
    details: { ...deed.details, ...note.details },
    org: which.org ?? who.org,
  };
}

export function whoOf(person: AuditNote['who'] | null): AuditWho {
  if (!person) return nobody;
  const { sub, org, role } = person;
  return {
    ...{ kind: 'user', id: sub, org, role },
    cred: person.jti ?? null,
    via: 'via' in person ? person.via : null,
  };
}

function fromOf(ask: Ask): AuditFrom {
  const { headers } = ask.request;
  return {
    address: clientAddressOf(ask) || null,
    agent: headers.get('user-agent'),
    request: ask.requestId,
    trace: /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(headers.get(traceparentHeader) ?? '')?.[1] ?? null,
  };
}

/** What the path of a route names: the organisation, and the last id in it. */
export function whichOf(kind: string, params: Record<string, string>): Partial<AuditWhich> {
  const org = orgIdSchema.safeParse(params.orgId);
  const id = Object.entries(params).findLast(([name]) => name !== 'orgId')?.[1] ?? params.orgId ?? null;
  return { kind: id === null ? 'none' : kind, id, ...(org.success && { org: org.data }) };
}
