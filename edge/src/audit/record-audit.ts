/**
 * Events that no route of the edge's own is the maker of: refusals before a route, and whatever a handler wants
 * recorded on its own. One kind of refusal from one address is recorded once a minute with how often it came, so
 * that nobody can fill the log, or the edge's store, by being refused.
 */
import type { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { AuditResult, NewAuditEvent } from '@cellbook/shared/protocol/audit.ts';
import type { Ask } from '../ask.ts';
import type { Refusal } from '../authorise.ts';
import { clientAddressOf, networkOf } from '../client-address.ts';
import { log } from '../log.ts';
import { type Deed, eventOf } from './ask-event.ts';
import { settleBehind } from './audited.ts';
import { noteAudit, noteOf } from './note-audit.ts';

/** Durable when it resolves. */
export async function recordAudit(ask: Ask, deed: Deed & { result: AuditResult }): Promise<void> {
  const { result, ...rest } = deed;
  await ask.edge.audit.record({ ...eventOf(ask, rest), result });
  settleBehind(ask);
}

const refused = new WeakSet<Ask>();

/** What authorise.ts refuses, whatever status it answers with. */
export function noteRefusal({ ask, identity, route }: Refusal): void {
  refused.add(ask);
  noteAudit(ask, { who: identity, details: { method: route.method, route: route.path } });
}

export const isRefused = (ask: Ask): boolean => refused.has(ask);

/** Behind the answer: nothing was done, so there is nothing that could go unrecorded. */
export function recordRefusal(ask: Ask, error: CellbookError): void {
  const { refusals, clock } = ask.edge;
  const { who } = noteOf(ask);
  const kind = [networkOf(clientAddressOf(ask)), who?.sub ?? '', error.code, ask.place.area].join(' ');
  const event: NewAuditEvent = {
    ...eventOf(ask, {
      what: 'access.refused',
      details: { method: ask.request.method, area: ask.place.area },
    }),
    result: { outcome: 'refused', code: error.code, status: error.status },
  };
  const due = refusals.count(kind, event, clock.nowMs());
  if (due.length === 0) return;
  ask.defer(
    Promise.all(due.map((counted) => ask.edge.audit.record(counted)))
      .then(() => settleBehind(ask))
      .catch((cause: unknown) => {
        log('error', 'a refusal could not be recorded', { ids: { request: ask.requestId }, cause });
      }),
  );
}

export interface RefusalCounts {
  /** What is to be recorded now: this one when it is the first of its kind in a minute, and what others came to. */
  count(kind: string, event: NewAuditEvent, nowMs: number): NewAuditEvent[];
}

export function createRefusalCounts(): RefusalCounts {
  const counts = new Map<string, { sinceMs: number; more: number; event: NewAuditEvent }>();
  const { refusalWindowMs, refusalKindsMax } = limits.audit;
  return {
    count(kind, event, nowMs) {
      const known = counts.get(kind);
      const due: NewAuditEvent[] = [];
      const isFull = () => known === undefined && counts.size >= refusalKindsMax;
      for (const [name, held] of counts) {
        if (nowMs - held.sinceMs < refusalWindowMs && !isFull()) break;
        counts.delete(name);
        if (held.more > 0) due.push(repeated(held.event, held.more));
      }
      const held = counts.get(kind);
      if (held) {
        held.more += 1;
        held.event = event;
      } else {
        counts.set(kind, { sinceMs: nowMs, more: 0, event });
        due.push(event);
      }
      return due;
    },
  };
}

const repeated = (event: NewAuditEvent, times: number): NewAuditEvent => ({
  ...event,
  details: { ...event.details, times },
});
