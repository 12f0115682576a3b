/** What every route of the gateway shares: its dependencies, and how it reads a request. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Principal } from '@cellbook/shared/protocol/principal.ts';
import { requestIdHeader } from '@cellbook/shared/protocol/principal.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { GatewayDeps } from '../gateway.ts';
import type { ParkingLot } from '../parking/parking-lot.ts';
import type { SocketSweep } from '../sockets/socket-sweep.ts';
import type { WorkspaceGateway } from '../workspace/workspace-gateway.ts';
import type { WorkspaceRegistry } from '../workspace/workspace-registry.ts';
import type { EventBus } from './event-bus.ts';

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal;
  }
}

export interface RouteDeps extends Omit<GatewayDeps, 'wake'> {
  registry: WorkspaceRegistry;
  sockets: SocketSweep;
  events: EventBus;
  /** Absent: this cell cannot reach its edge, and parks nothing. */
  parking?: ParkingLot;
}

export interface RouteContext extends RouteDeps {
  startedMs: number;
}

export const prefix = '/w/:workspaceId';

const workspaceParams = z.object({ workspaceId: z.string() });

export function workspaceOf({ registry }: RouteContext, request: FastifyRequest): Promise<WorkspaceGateway> {
  return registry.find(workspaceParams.parse(request.params).workspaceId);
}

/** The value of one path parameter; the router has matched it, so it is there. */
export function param(request: FastifyRequest, name: string): string {
  return z.record(z.string(), z.string()).parse(request.params)[name] ?? '';
}

export function query(request: FastifyRequest, name: string): string | undefined {
  const value = z.record(z.string(), z.unknown()).parse(request.query ?? {})[name];
  return typeof value === 'string' ? value : undefined;
}

export function requestIdOf(request: FastifyRequest): string {
  const value = request.headers[requestIdHeader];
  return typeof value === 'string' ? value : request.id;
}

/**
 * Where a client sees this workspace's server: the root on the workspace's own origin, a path elsewhere.
 * Ends in a slash.
 */
export function baseUrl(request: FastifyRequest): string {
  if (request.principal.via === 'workspace') return '/';
  return `/w/${workspaceParams.parse(request.params).workspaceId}/`;
}

/**
 * The JSON body, checked; an absent one is null. Throws `malformed_json` or `bad_request`. `forStore` false
 * lets text through that no database keeps.
 */
export function readBody<Schema extends z.ZodType>(
  request: FastifyRequest,
  schema: Schema,
  doing: string,
  forStore = true,
): z.infer<Schema> {
  const body = readJsonBody(request, doing);
  if (forStore && unstorable.test(JSON.stringify(body))) throw unstorableText(doing);
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new CellbookError('bad_request', {
    doing,
    problem: `the body is not as expected: ${z.prettifyError(parsed.error).slice(0, 500)}`,
    next: 'See api/spec.yaml for the shape of each body.',
  });
}

/** As JSON writes them: the NUL character and halves of surrogate pairs, which Postgres refuses. */
const unstorable = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

function unstorableText(doing: string): CellbookError {
  return new CellbookError('bad_request', {
    doing,
    problem: 'a text of the body holds a NUL character or half of a surrogate pair',
    next: 'Leave these out.',
  });
}

function readJsonBody(request: FastifyRequest, doing: string): unknown {
  const body = request.body;
  if (!Buffer.isBuffer(body) || body.length === 0) return null;
  try {
    return JSON.parse(body.toString());
  } catch (cause) {
    throw new CellbookError('malformed_json', {
      doing,
      problem: 'Invalid JSON in body of request',
      next: 'Send a JSON object.',
      cause,
    });
  }
}

/** As jupyter_server marks API answers: nothing in them may be run, and they may not be framed elsewhere. */
export function setPolicy(request: FastifyRequest, reply: FastifyReply, extra = "default-src 'none'"): void {
  const report = `${baseUrl(request)}api/security/csp-report`;
  reply.header('content-security-policy', `frame-ancestors 'self'; report-uri ${report}; ${extra}`);
  reply.header('x-content-type-options', 'nosniff');
}

/** jupyter_server's content type, without a charset: its clients compare it. */
export function sendJson(reply: FastifyReply, value: unknown, status = 200): FastifyReply {
  return reply
    .code(status)
    .header('content-type', 'application/json')
    .serializer(String)
    .send(JSON.stringify(value));
}
