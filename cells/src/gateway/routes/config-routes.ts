/** Front-end configuration by section, per workspace and user. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { SingleFlight } from '@cellbook/shared/single-flight.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { reading, using } from '../../api/access/route-access.ts';
import type { ConfigSection } from '../store/kernel-store.ts';
import { param, prefix, type RouteContext, readBody, sendJson, workspaceOf } from './context.ts';

const sectionSchema = z.record(z.string(), z.unknown());

export function registerConfigRoutes(app: FastifyInstance, context: RouteContext): void {
  const path = `${prefix}/api/config/:section`;
  const { store } = context;
  app.get(path, reading, async (request, reply) => {
    const { id } = await workspaceOf(context, request);
    return sendJson(reply, (await store.getConfig(id, request.principal.sub, sectionOf(request))) ?? {});
  });
  app.put(path, using, async (request, reply) => {
    const value = readBody(request, sectionSchema, 'setting configuration');
    const { id } = await workspaceOf(context, request);
    await store.putConfig(id, request.principal.sub, sectionOf(request), withinLimit(value));
    return reply.code(204).send();
  });
  const turns = new SingleFlight<string, ConfigSection>();
  app.patch(path, using, async (request, reply) => {
    const change = readBody(request, sectionSchema, 'changing configuration');
    const { id } = await workspaceOf(context, request);
    const section = sectionOf(request);
    const user = request.principal.sub;
    const key = JSON.stringify([id, user, section]);
    // Two changes at once must not lose one: each waits for the one before.
    while (turns.has(key)) await turns.run(key, async () => ({})).catch(() => {});
    const merged = await turns.run(key, async () => {
      const value = withinLimit(mergeSection((await store.getConfig(id, user, section)) ?? {}, change));
      await store.putConfig(id, user, section, value);
      return value;
    });
    return sendJson(reply, merged);
  });
}

/** Objects are merged key by key, null deletes, and an object left empty goes too, as in jupyter_server. */
export function mergeSection(target: ConfigSection, change: ConfigSection): ConfigSection {
  const merged = new Map(Object.entries(target));
  for (const [key, value] of Object.entries(change)) {
    const before = merged.get(key);
    const after = isSection(value) ? mergeSection(isSection(before) ? before : {}, value) : value;
    if (after === null || (isSection(after) && Object.keys(after).length === 0)) merged.delete(key);
    else merged.set(key, after);
  }
  return Object.fromEntries(merged);
}

function isSection(value: unknown): value is ConfigSection {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sectionOf(request: FastifyRequest): string {
  const section = param(request, 'section');
  if (/^\w{1,100}$/.test(section)) return section;
  throw new CellbookError('not_found', {
    doing: 'reading configuration',
    problem: 'the name of a section is made of letters, digits and underscores',
    next: 'Use such a name.',
  });
}

function withinLimit(value: ConfigSection): ConfigSection {
  if (Buffer.byteLength(JSON.stringify(value)) <= limits.gateway.configBytesMax) return value;
  throw new CellbookError('too_large', {
    doing: 'storing configuration',
    problem: `a section holds at most ${limits.gateway.configBytesMax} bytes`,
    next: 'Store less, or use a file of the workspace.',
  });
}
