/** Does what a route of the edge's own does, with its beginning and its end in the audit log. */
import { errorBody, toCellbookError } from '@cellbook/shared/errors.ts';
import type { AuditResult } from '@cellbook/shared/protocol/audit.ts';
import type { Ask } from '../ask.ts';
import type { EdgeRoute } from '../edge-route.ts';
import type { Identity } from '../identity/identity.ts';
import { log } from '../log.ts';
import { eventOf, whichOf, whoOf } from './ask-event.ts';
import { noteOf } from './note-audit.ts';
import { readActionOf } from './read-actions.ts';
import { actionOf } from './route-actions.ts';

export interface AuditedCall {
  route: Pick<EdgeRoute, 'method' | 'path'>;
  params: Record<string, string>;
  identity: Identity | null;
}

export async function audited(
  ask: Ask,
  { route, params, identity }: AuditedCall,
  work: () => Response | Promise<Response>,
): Promise<Response> {
  const what = actionOf(route);
  if (what === null) return auditedRead(ask, { route, params, identity }, work);
  const { audit } = ask.edge;
  const which = whichOf(what.split('.')[0] ?? 'none', params);
  const details = { method: route.method, route: route.path };
  const deed = await audit.begin(eventOf(ask, { what, who: identity, which, details }));
  const end = async (result: AuditResult) => {
    const note = noteOf(ask);
    const who = whoOf(note.who ?? identity);
    const org = note.which?.org ?? which.org ?? who.org;
    await deed.end({
      ...{ result, who, org, what: note.what ?? what },
      ...(note.which && { which: note.which }),
      ...(note.details && { details: note.details }),
    });
    settleBehind(ask);
  };
  const answer = await Promise.resolve()
    .then(work)
    .catch(async (thrown: unknown) => {
      const error = toCellbookError(thrown, `${route.method} ${route.path}`);
      const { code } = errorBody(error);
      await end({ outcome: outcomeOf(error.status), code, status: error.status });
      throw thrown;
    });
  // Where this cannot be kept the work is done all the same: in the log it stays `unknown`, never `failed`.
  await end({ outcome: outcomeOf(answer.status), code: null, status: answer.status });
  return answer;
}

/** Of a read only what was shown is recorded, before it is. */
async function auditedRead(
  ask: Ask,
  { route, params, identity }: AuditedCall,
  work: () => Response | Promise<Response>,
): Promise<Response> {
  const answer = await work();
  const { status } = answer;
  const what = status < 400 ? await readActionOf(ask, route, identity) : null;
  if (what === null) return answer;
  const which = whichOf(what.split('.')[0] ?? 'none', params);
  const details = { method: route.method, route: route.path };
  const event = eventOf(ask, { what, who: identity, which, details });
  await ask.edge.audit.record({ ...event, result: { outcome: 'ok', code: null, status } });
  settleBehind(ask);
  return answer;
}

/** The chain is continued behind the answer: what is kept is durable already. */
export function settleBehind({ edge, defer, requestId }: Ask): void {
  defer(
    edge.audit.settle().catch((cause: unknown) => {
      log('error', 'the audit log could not be continued; the next event does it', {
        ids: { request: requestId },
        cause,
      });
    }),
  );
}

export const outcomeOf = (status: number): AuditResult['outcome'] => {
  if (status < 400) return 'ok';
  return status < 500 ? 'refused' : 'failed';
};
