/** The installed npm packages the bundle is made of: what `package.json` of each says, and where it lies. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z.unknown().optional(),
  dependencies: z.record(z.string(), z.string()).default({}),
  styleModule: z.string().optional(),
  jupyterlab: z
    .object({
      extension: z.union([z.boolean(), z.string()]).optional(),
      mimeExtension: z.union([z.boolean(), z.string()]).optional(),
      themePath: z.string().optional(),
      schemaDir: z.string().optional(),
    })
    .optional(),
});

export type Manifest = z.infer<typeof manifestSchema>;

export interface InstalledPackage extends Manifest {
  directory: string;
}

/** Everything that `root` (a directory with a package.json) depends on, found as Node finds it; sorted. */
export function installedPackages(root: string): InstalledPackage[] {
  const found = new Map<string, InstalledPackage>();
  const visit = (from: string, names: string[]) => {
    for (const name of names) {
      const directory = findPackage(from, name);
      if (directory === null || found.has(directory)) continue;
      const manifest = readManifest(directory);
      found.set(directory, { ...manifest, directory });
      visit(directory, Object.keys(manifest.dependencies));
    }
  };
  visit(root, Object.keys(readManifest(root).dependencies));
  return [...found.values()].sort((a, b) => (a.directory < b.directory ? -1 : 1));
}

export function readManifest(directory: string): Manifest {
  return manifestSchema.parse(JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')));
}

/** The nearest `node_modules/<name>` at or above `from`; null for what is optional and not installed. */
export function findPackage(from: string, name: string): string | null {
  for (let at = from; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
    if (dirname(at) === at) return null;
  }
}
