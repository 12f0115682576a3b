/**
 * Builds the JupyterLab bundle unless this very one is there already. A build happens in a directory beside
 * the final one and is renamed into place, so a bundle is whole or absent, also after a crash or a race.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BundleResult, bundle } from './build/bundle.ts';
import { bundleVersion } from './build/digest.ts';
import { type LabExtensions, labExtensions } from './build/extensions.ts';
import { packageLicenses } from './build/licenses.ts';
import { type InstalledPackage, installedPackages } from './build/packages.ts';
import { publish } from './build/publish.ts';
import { pluginSchemas } from './build/schemas.ts';
import type { LabAssets } from './page.ts';

export interface EnsureLabOptions {
  /** The cache shared by checkouts; the bundle lies in its `lab/<version>`. */
  cacheDirectory: string;
  progress?: (line: string) => void;
}

export interface LabBundle {
  directory: string;
  version: string;
}

const source = join(dirname(fileURLToPath(import.meta.url)), '..');

export async function ensureLab(options: EnsureLabOptions): Promise<LabBundle> {
  const progress = options.progress ?? (() => {});
  const packages = installedPackages(source);
  const version = bundleVersion(source, packages);
  const parent = join(options.cacheDirectory, 'lab');
  const directory = join(parent, version);
  if (existsSync(directory)) {
    progress(`JupyterLab ${version} is built`);
    return { directory, version };
  }
  await mkdir(parent, { recursive: true });
  const building = await mkdtemp(join(parent, '.building-'));
  try {
    await build(building, version, packages, progress);
    await publish(building, directory);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return { directory, version };
}

async function build(
  building: string,
  version: string,
  packages: InstalledPackage[],
  progress: (line: string) => void,
): Promise<void> {
  const extensions = labExtensions(packages);
  const counts = `${extensions.plugins.length + extensions.mimes.length} extensions, ${packages.length} packages`;
  progress(`bundling JupyterLab ${version} (${counts})`);
  const urlPath = `/static/lab/${version}/`;
  const output = join(building, 'public', urlPath);
  const result = await bundle({ source, output, publicPath: urlPath, extensions });
  await writeData(building, extensions, packages, result);
  await writeAssets(building, output, { version, scripts: result.scripts, styles: result.styles });
  progress(`bundled ${result.files} files`);
}

async function writeData(
  building: string,
  extensions: LabExtensions,
  packages: InstalledPackage[],
  result: BundleResult,
): Promise<void> {
  const data = join(building, 'data');
  await mkdir(data, { recursive: true });
  await writeFile(join(data, 'schemas.json'), JSON.stringify(pluginSchemas(extensions)));
  await writeFile(join(data, 'licenses.json'), JSON.stringify(packageLicenses(packages, result.modulePaths)));
}

async function writeAssets(building: string, output: string, assets: LabAssets): Promise<void> {
  await writeFile(join(output, 'lab.json'), JSON.stringify(assets));
  await writeFile(join(building, 'lab.json'), JSON.stringify(assets));
  await writeFile(
    join(building, 'public', '_headers'),
    '/static/lab/*\n  Cache-Control: public, max-age=31536000, immutable\n  X-Content-Type-Options: nosniff\n',
  );
}
