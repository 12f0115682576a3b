/**
 * One description of everything under /v1: the edge's own routes and the cell's, which a client reaches at the
 * same address. The edge's win where both describe a path, since it answers first.
 */
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
  const schemas = { ...ofCell.components?.schemas, ...ofEdge.components?.schemas };
  return {
    openapi: ofCell.openapi,
    info: {
      title: 'Cellbook',
      version: ofCell.info.version,
      description: 'Everything under /v1 of a Cellbook platform.',
    },
    security: [{ token: [] }],
    paths: sorted({ ...ofCell.paths, ...merged(ofCell.paths, ofEdge.paths) }),
    components: {
      ...(Object.keys(schemas).length > 0 && { schemas: sorted(schemas) }),
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  };
}

type Paths = OpenApiDocument['paths'];

const merged = (cell: Paths, edge: Paths): Paths =>
  Object.fromEntries(Object.entries(edge).map(([path, methods]) => [path, { ...cell[path], ...methods }]));

const sorted = <Value>(record: Record<string, Value>): Record<string, Value> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
