import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { freePort, isPortFree } from '../ports.ts';

const keptSchema = z.coerce.number().int().min(1).max(65_535);

/** A port of this home's own, the same at every start while it is free: then the edge's pins stay as they are. */
export async function keptPort(homeDirectory: string, name: string): Promise<number> {
  const path = join(homeDirectory, 'run', `${name}.port`);
  const kept = existsSync(path) ? keptSchema.safeParse(readFileSync(path, 'utf8')).data : undefined;
  if (kept !== undefined && (await isPortFree(kept))) return kept;
  const port = await freePort();
  writeFileSync(path, `${port}\n`);
  return port;
}
