/** The data directory of a built JupyterLab bundle: the schemas of its settings and the licences of its parts. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const pluginSchemaSchema = z.object({
  id: z.string(),
  version: z.string(),
  schema: z.record(z.string(), z.unknown()),
});
export type PluginSchema = z.infer<typeof pluginSchemaSchema>;

const packageLicenseSchema = z.object({
  name: z.string(),
  versionInfo: z.string(),
  licenseId: z.string(),
  extractedText: z.string(),
});
export type PackageLicense = z.infer<typeof packageLicenseSchema>;

export interface LabData {
  /** By plugin id, sorted. */
  schemas: ReadonlyMap<string, PluginSchema>;
  licenses: readonly PackageLicense[];
}

export async function readLabData(directory: string): Promise<LabData> {
  const read = async (file: string): Promise<unknown> =>
    JSON.parse(await readFile(join(directory, file), 'utf8'));
  const schemas = z.array(pluginSchemaSchema).parse(await read('schemas.json'));
  return {
    schemas: new Map(schemas.map((one) => [one.id, one])),
    licenses: z.array(packageLicenseSchema).parse(await read('licenses.json')),
  };
}
