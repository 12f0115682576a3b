/** The licences of the packages that really went into the bundle, in the shape of JupyterLab's report. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InstalledPackage } from './packages.ts';

export interface PackageLicense {
  name: string;
  versionInfo: string;
  licenseId: string;
  extractedText: string;
}

/** `modulePaths`: the files rspack bundled. The longest package directory that holds a file is its package. */
export function packageLicenses(
  packages: InstalledPackage[],
  modulePaths: Iterable<string>,
): PackageLicense[] {
  const byDirectory = new Map(packages.map((pkg) => [pkg.directory, pkg]));
  const used = new Map<string, InstalledPackage>();
  for (const path of modulePaths) {
    const directory = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
    const pkg = directory === undefined ? undefined : byDirectory.get(directory);
    if (pkg) used.set(`${pkg.name}@${pkg.version}`, pkg);
  }
  return [...used.values()]
    .map((pkg) => ({
      name: pkg.name,
      versionInfo: pkg.version,
      licenseId: typeof pkg.license === 'string' ? pkg.license : 'see the text',
      extractedText: licenseText(pkg.directory),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function licenseText(directory: string): string {
  const file = readdirSync(directory).find((name) => /^(licen[cs]e|copying)(\.|$|-)/i.test(name));
  if (file === undefined || !existsSync(join(directory, file))) return '';
  return readFileSync(join(directory, file), 'utf8');
}
