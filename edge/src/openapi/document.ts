/** An OpenAPI document from the table of routes and the schemas that they check with. Pure. */
import { httpStatusByCode } from '@cellbook/shared/errors.ts';
import { z } from 'zod';
import type { Description, EdgeRoute, GuardedRoute } from '../edge-route.ts';

const errorAnswer = z.object({
  code: z.enum(Object.keys(httpStatusByCode)),
  message: z.string(),
  reason: z.string().nullable(),
  next: z.string().optional(),
  ids: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  requestId: z.string().optional(),
});

export interface OpenApi {
  openapi: '3.1.0';
  info: { title: string; version: string };
  components: { schemas: Record<string, unknown> };
  paths: Record<string, Record<string, unknown>>;
}

export function openApi(routes: readonly EdgeRoute[]): OpenApi {
  const paths: OpenApi['paths'] = {};
  for (const route of routes) {
    if (route.open !== undefined) continue;
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Cellbook edge API', version: '1' },
    components: { schemas: { Error: schema(errorAnswer, 'output') } },
    paths,
  };
}

function operation(route: GuardedRoute) {
  const { describes, permission, path, method } = route;
  const { id, summary, body, query, status, answers } = describes ?? undescribed(route);
  return {
    operationId: id,
    summary,
    tags: [path.split('/')[2] ?? ''],
    'x-permission': permission,
    'x-about': route.about,
    ...(route.byKey && { 'x-by-key': route.byKey }),
    parameters: [...inPath(path), ...inQuery(query), ...(method === 'POST' ? [idempotencyKey] : [])],
    ...(body && { requestBody: { required: true, content: json(schema(body, 'input')) } }),
    responses: {
      [status]: { description: 'Done', ...(answers && { content: json(schema(answers, 'output')) }) },
      default: { description: 'Refused', content: json({ $ref: '#/components/schemas/Error' }) },
    },
  };
}

/** A row that says nothing of itself still has its place, by its method and path. */
function undescribed({ method, path }: GuardedRoute): Description {
  const words = path.split('/').filter((word) => word !== '' && word !== 'v1');
  const name = words.map((word) => capital(word.replace(/^:/, 'by-'))).join('');
  return {
    id: method.toLowerCase() + name,
    summary: `${method} ${path}`,
    status: method === 'DELETE' ? 204 : method === 'POST' ? 201 : 200,
    answers: method === 'DELETE' ? null : z.looseObject({}),
  };
}

const capital = (word: string): string =>
  word
    .split('-')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');

const inPath = (path: string) =>
  [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    ...{ name, in: 'path', required: true },
    schema: { type: 'string' },
  }));

function inQuery(query: z.ZodObject | undefined) {
  return Object.entries(query?.shape ?? {}).map(([name, one]) => ({
    ...{ name, in: 'query', required: false },
    schema: schema(one as z.ZodType, 'input'),
  }));
}

const idempotencyKey = {
  ...{ name: 'Idempotency-Key', in: 'header', required: false },
  description: 'The same key and body give the same answer, and make one thing.',
  schema: { type: 'string', maxLength: 200 },
};

const json = (of: object) => ({ 'application/json': { schema: of } });

function schema(of: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(of, { io, unrepresentable: 'any' });
  return rest;
}
