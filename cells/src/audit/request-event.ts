/** A request as an event: who, which and from where, taken from the principal, the route and the headers. */
import { orgIdSchema, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import type {
  AuditDetails,
  AuditFrom,
  AuditWhich,
  AuditWho,
  NewAuditEvent,
} from '@cellbook/shared/protocol/audit.ts';
import type { AuditAction } from '@cellbook/shared/protocol/audit-actions.ts';
import { clientAddressHeader, type Principal } from '@cellbook/shared/protocol/principal.ts';
import { traceparentHeader } from '@cellbook/shared/trace.ts';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

export function eventOf(request: FastifyRequest, what: AuditAction): Omit<NewAuditEvent, 'result'> {
  const principal: Principal | undefined = request.principal;
  const which = whichOf(request);
  return {
    who: principal ? whoOf(principal) : nobody,
    what,
    which,
    from: fromOf(request),
    details: detailsOf(request),
    // An operator's deed in somebody's organisation is that organisation's to know; what he was refused there is
    // not: else anybody could fill another's log.
    org: (request.audit?.admitted ? which.org : null) ?? principal?.org ?? null,
  };
}

export const whoOf = ({ sub, org, role, cred, via }: Principal): AuditWho => ({
  kind: 'user',
  id: sub,
  org,
  role,
  cred: cred === '' ? null : cred,
  via,
});

const nobody: AuditWho = { kind: 'anonymous', id: '', org: null, role: null, cred: null, via: null };

const paramsSchema = z.object({ workspaceId: workspaceIdSchema.optional() });

function whichOf(request: FastifyRequest): AuditWhich {
  const params = paramsSchema.safeParse(request.params);
  const workspaceId = params.success ? params.data.workspaceId : undefined;
  const known = { kind: workspaceId ? 'workspace' : 'none', id: workspaceId ?? null, owner: null, org: null };
  const { which } = request.audit?.note ?? {};
  return {
    ...known,
    ...which,
    org: orgIdSchema
      .nullable()
      .catch(null)
      .parse(which?.org ?? null),
  };
}

const pathSchema = z.object({ '*': z.string().optional(), name: z.string().optional() });

/** Never the query: it may hold a token. */
function detailsOf(request: FastifyRequest): AuditDetails {
  const { '*': path, name } = pathSchema.catch({}).parse(request.params);
  return {
    method: request.method,
    route: request.routeOptions.url ?? '',
    ...(path !== undefined && path !== '' && { path }),
    ...(name !== undefined && { name }),
    ...request.audit?.note.details,
  };
}

export function fromOf({ headers, id }: FastifyRequest): AuditFrom {
  const text = (name: string): string | null => {
    const value = headers[name];
    return typeof value === 'string' ? value : null;
  };
  return {
    address: text(clientAddressHeader),
    agent: text('user-agent'),
    request: id,
    trace: /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(text(traceparentHeader) ?? '')?.[1] ?? null,
  };
}
