/** The settings schemas of the bundled extensions, as the cell's `/lab/api/settings` hands them out. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { LabExtensions } from './extensions.ts';

export interface PluginSchema {
  id: string;
  version: string;
  schema: Record<string, unknown>;
}

const schemaFile = z.record(z.string(), z.unknown());

export function pluginSchemas(extensions: LabExtensions): PluginSchema[] {
  const found = extensions.schemaDirectories.flatMap(({ name, version, directory }) =>
    readdirSync(directory)
      .filter((file) => file.endsWith('.json'))
      .map((file) => ({
        id: `${name}:${file.slice(0, -'.json'.length)}`,
        version,
        schema: schemaFile.parse(JSON.parse(readFileSync(join(directory, file), 'utf8'))),
      })),
  );
  return found.sort((a, b) => (a.id < b.id ? -1 : 1));
}
