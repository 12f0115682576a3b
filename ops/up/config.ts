import { fileURLToPath } from 'node:url';
import { cellIdSchema, regionIdSchema } from '@cellbook/shared/ids.ts';
import { z } from 'zod';
import { cacheDirectory, homeDirectory } from './home.ts';

/** The folder that holds package.json. */
export const checkoutDirectory = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

const portSchema = z.coerce.number().int().min(1).max(65_535);

const environmentSchema = z.object({
  CELLBOOK_EDGE_PORT: portSchema.default(8787),
  CELLBOOK_CELL_ID: cellIdSchema.default(cellIdSchema.parse('local-1')),
  CELLBOOK_REGION_ID: regionIdSchema.default(regionIdSchema.parse('local')),
  CELLBOOK_SANDBOX_DRIVER: z.enum(['gvisor', 'process']).default('gvisor'),
  CELLBOOK_OBJECTS: z.string().optional(),
  CELLBOOK_RUNSC: z.string().optional(),
  CELLBOOK_IMAGE_DIR: z.string().optional(),
});

export interface PlatformConfig {
  homeDirectory: string;
  cacheDirectory: string;
  edgePort: number;
  cellId: z.infer<typeof cellIdSchema>;
  regionId: z.infer<typeof regionIdSchema>;
  sandboxDriver: 'gvisor' | 'process';
  /** An object store elsewhere (`s3://…`); the home's own directory by default. */
  objects: string | null;
  /** A runsc and a built image of the operator's own, instead of those in the cache. */
  runsc: string | null;
  imageDirectory: string | null;
}

export function platformConfig(env: NodeJS.ProcessEnv): PlatformConfig {
  const parsed = environmentSchema.parse(env);
  return {
    homeDirectory: homeDirectory(env, checkoutDirectory),
    cacheDirectory: cacheDirectory(env),
    edgePort: parsed.CELLBOOK_EDGE_PORT,
    cellId: parsed.CELLBOOK_CELL_ID,
    regionId: parsed.CELLBOOK_REGION_ID,
    sandboxDriver: parsed.CELLBOOK_SANDBOX_DRIVER,
    objects: parsed.CELLBOOK_OBJECTS ?? null,
    runsc: parsed.CELLBOOK_RUNSC ?? null,
    imageDirectory: parsed.CELLBOOK_IMAGE_DIR ?? null,
  };
}
