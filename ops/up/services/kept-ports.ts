import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, isPortFree } from '@cellbook/shared/ports.ts';
import { z } from 'zod';

const keptSchema = z.record(z.string(), z.int().min(1).max(65_535));

/**
 * A port for each program, this home's own and the same at every start while it is free: pins stay as they
 * are, and a program that is started again while the others run is found where it was.
 */
export async function keptPorts<Name extends string>(
  runDirectory: string,
  names: readonly Name[],
): Promise<Record<Name, number>> {
  const path = join(runDirectory, 'ports');
  const kept = (existsSync(path) && keptSchema.safeParse(readJson(path)).data) || {};
  const ports: Record<string, number> = {};
  // In turn, so that no two are given one port.
  for (const name of names) ports[name] = await choose(kept[name], new Set(Object.values(ports)));
  // Those of cells that are not started now are kept too.
  writeFileSync(path, `${JSON.stringify({ ...kept, ...ports })}\n`);
  return ports as Record<Name, number>;
}

async function choose(kept: number | undefined, taken: Set<number>): Promise<number> {
  if (kept !== undefined && !taken.has(kept) && (await isPortFree(kept))) return kept;
  for (;;) {
    const port = await freePort();
    if (!taken.has(port)) return port;
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}
