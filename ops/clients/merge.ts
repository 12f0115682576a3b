/**
 * One description of everything under /v1: the edge's own routes and the cell's, which a client reaches at the
 * same address. The edge's win where both describe a path, since it answers first. A schema with a title becomes a
 * named component, so that clients have one type for one thing.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

const documentSchema = z.looseObject({
  openapi: z.string(),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()).optional() }).optional(),
});
export type OpenApiDocument = z.infer<typeof documentSchema>;

export function mergeDescriptions(cell: unknown, edge: unknown): OpenApiDocument {
  const [ofCell, ofEdge] = [documentSchema.parse(cell), documentSchema.parse(edge)];
  const schemas: Schemas = { ...ofCell.components?.schemas, ...ofEdge.components?.schemas };
  const paths = { ...ofCell.paths, ...merged(ofCell.paths, ofEdge.paths) };
  const named = z.record(z.string(), z.record(z.string(), z.unknown())).parse(nameTitled(paths, schemas));
  return {
    openapi: ofCell.openapi,
    info: {
      title: 'Cellbook',
      version: ofCell.info.version,
      description: 'Everything under /v1 of a Cellbook platform.',
    },
    security: [{ token: [] }],
    paths: sorted(withRefusals(named)),
    components: {
      ...(Object.keys(schemas).length > 0 && { schemas: sorted(schemas) }),
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  };
}

/** Every refusal has one shape, the cell's as the edge's. */
function withRefusals(paths: Paths): Paths {
  const refused = (operation: unknown) => {
    const { responses, ...rest } = operationSchema.parse(operation);
    return { ...rest, responses: { ...responses, default: refusal } };
  };
  return mapValues(paths, (methods) => mapValues(methods, refused));
}

const refusal = {
  description: 'Refused',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
};

const operationSchema = z.looseObject({ responses: z.record(z.string(), z.unknown()) });

type Paths = OpenApiDocument['paths'];
type Schemas = Record<string, unknown>;

/** `value` with every titled schema in it moved to `schemas`. Throws where two that differ have one title. */
function nameTitled(value: unknown, schemas: Schemas): unknown {
  if (Array.isArray(value)) return value.map((each) => nameTitled(each, schemas));
  if (typeof value !== 'object' || value === null) return value;
  const { title, ...inner } = Object.fromEntries(
    Object.entries(value).map(([key, each]) =>
      // The cell's describer writes a constant as an enumeration of one; so one thing is written one way.
      key === 'const' ? ['enum', [each]] : [key, nameTitled(each, schemas)],
    ),
  );
  if (title === undefined) return inner;
  if (typeof title !== 'string') return { ...inner, title };
  // A default belongs to where the schema is used.
  const { default: fallback, ...schema } = inner;
  const known = schemas[title];
  if (known !== undefined && !isDeepStrictEqual(known, schema))
    throw new Error(`two schemas that differ are titled ${title}`);
  schemas[title] = schema;
  return { $ref: `#/components/schemas/${title}`, ...(fallback !== undefined && { default: fallback }) };
}

const merged = (cell: Paths, edge: Paths): Paths =>
  Object.fromEntries(Object.entries(edge).map(([path, methods]) => [path, { ...cell[path], ...methods }]));

const mapValues = <From, To>(record: Record<string, From>, change: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));

const sorted = <Value>(record: Record<string, Value>): Record<string, Value> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
