/** `/api/me`: who the client is, what it may do here, and the colour it chose to be shown in. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Principal } from '@cellbook/shared/protocol/principal.ts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { reading, using } from '../../api/access/route-access.ts';
import { prefix, query, type RouteContext, readBody, sendJson, workspaceOf } from './context.ts';

/** Where the chosen colour is kept; no section of a client can have this name. */
const identitySection = 'cellbook-identity';
const updatableFields = ['color'];

const permissionsSchema = z.record(z.string(), z.array(z.string()));
const colorSchema = z.object({ color: z.string().max(64).optional() }).catchall(z.unknown());

export function registerIdentityRoutes(app: FastifyInstance, context: RouteContext): void {
  const path = `${prefix}/api/me`;
  const { store } = context;
  app.get(path, reading, async (request, reply) => {
    const asked = askedPermissions(query(request, 'permissions'));
    const { id } = await workspaceOf(context, request);
    const stored = await store.getConfig(id, request.principal.sub, identitySection);
    // Whoever reached this workspace owns it, and may do everything in it.
    const permissions = { ...asked, updatable_fields: updatableFields };
    return sendJson(reply, { identity: identityOf(request.principal, stored?.color), permissions });
  });
  app.patch(path, using, async (request, reply) => {
    const change = readBody(request, colorSchema, 'changing your identity');
    const refused = Object.keys(change).find((field) => !updatableFields.includes(field));
    if (refused !== undefined || change.color === undefined) throw notUpdatable(refused ?? 'nothing');
    const { id } = await workspaceOf(context, request);
    await store.putConfig(id, request.principal.sub, identitySection, { color: change.color });
    return sendJson(reply, { status: 'success', identity: identityOf(request.principal, change.color) });
  });
}

function identityOf({ sub, name }: Principal, color: unknown): Record<string, unknown> {
  const initials = name
    .split(/\s+/)
    .map((word) => word.charAt(0).toUpperCase())
    .join('')
    .slice(0, 2);
  return {
    username: sub,
    name,
    display_name: name,
    initials: initials || null,
    avatar_url: null,
    color: typeof color === 'string' ? color : null,
  };
}

/** The wording is jupyter_server's: its clients' tests compare it. */
function askedPermissions(text: string | undefined): Record<string, string[]> {
  if (!text) return {};
  try {
    return permissionsSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new CellbookError('bad_request', {
      doing: 'checking permissions',
      problem: `permissions should be a JSON dict of {"resource": ["action",]}, got ${text.slice(0, 200)}`,
      next: 'Send a JSON object of lists of actions.',
      cause,
    });
  }
}

function notUpdatable(field: string): CellbookError {
  return new CellbookError('bad_request', {
    doing: 'changing your identity',
    problem: `Field ${field.slice(0, 100)} is not updatable`,
    next: 'Only the colour is kept here; the rest comes from your sign-in.',
  });
}
