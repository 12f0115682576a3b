/** The version of a bundle: JupyterLab's own, and a digest of everything that could change a byte of it. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { InstalledPackage } from './packages.ts';

export function bundleVersion(source: string, packages: InstalledPackage[]): string {
  const hash = createHash('sha256');
  for (const pkg of packages) hash.update(`${pkg.name}@${pkg.version}\n`);
  for (const path of sourceFiles(source)) {
    hash.update(`${relative(source, path)}\n`).update(readFileSync(path));
  }
  const lab = packages.find((pkg) => pkg.name === '@jupyterlab/metapackage');
  return `${lab?.version ?? '0'}-${hash.digest('hex').slice(0, 12)}`;
}

function sourceFiles(source: string): string[] {
  const all = readdirSync(join(source, 'src'), { recursive: true, withFileTypes: true });
  return all
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
