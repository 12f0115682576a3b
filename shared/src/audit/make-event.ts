/** Events as they go into the chain: bounded, checked, as canonical JSON. */

import type { Clock } from '../clock.ts';
import { newAuditId } from '../ids.ts';
import { limits } from '../limits.ts';
import {
  type AuditDetails,
  type AuditEvent,
  auditEventSchema,
  type NewAuditEvent,
} from '../protocol/audit.ts';
import type { Random } from '../random.ts';
import { canonicalJson } from './canonical.ts';

export function newEvent(
  given: NewAuditEvent,
  { clock, random }: { clock: Clock; random: Random },
): AuditEvent {
  const at = new Date(clock.nowMs()).toISOString();
  return bounded({ v: 1, id: newAuditId(random), at, ...given });
}

/** Text from outside may be longer than an event has room for: it is cut, never refused. */
export function bounded(event: AuditEvent): AuditEvent {
  const { who, which, from, details, result } = event;
  const { idCharsMax, textCharsMax } = limits.audit;
  return auditEventSchema.parse({
    ...event,
    who: { ...who, id: cut(who.id, idCharsMax), cred: cut(who.cred, idCharsMax) },
    which: { ...which, id: cut(which.id, idCharsMax), owner: cut(which.owner, idCharsMax) },
    from: { ...from, address: cut(from.address, 64), agent: cut(from.agent, textCharsMax) },
    result: { ...result, code: cut(result.code, 64) },
    details: boundedDetails(details),
  });
}

export const bodyOf = (event: AuditEvent): string => canonicalJson(event);

const boundedDetails = (details: AuditDetails): AuditDetails =>
  Object.fromEntries(
    Object.entries(details)
      .slice(0, limits.audit.detailsMax)
      .map(([name, value]) => [
        name.slice(0, 40),
        typeof value === 'string' ? cut(value, limits.audit.textCharsMax) : value,
      ]),
  );

function cut<Text extends string | null>(text: Text, charsMax: number): Text | string {
  return text !== null && text.length > charsMax ? `${text.slice(0, charsMax - 1)}…` : text;
}
