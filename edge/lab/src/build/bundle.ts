/** Runs rspack over the generated module and the themes, and reports what the first page needs. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Compiler, type Configuration, type MultiStats, rspack, type Stats } from '@rspack/core';
import { extensionsModule, type LabExtensions } from './extensions.ts';
import { labConfiguration, themesConfiguration } from './rspack-config.ts';

export interface BundleOptions {
  source: string;
  output: string;
  publicPath: string;
  extensions: LabExtensions;
}

export interface BundleResult {
  /** URL paths, in the order the page names them. */
  scripts: string[];
  styles: string[];
  modulePaths: Set<string>;
  files: number;
}

/** Cellbook's own plugins. */
const ownModules = [
  'cellbook-plugin',
  'cell-executor',
  'credential-findings',
  'environment',
  'kernel-restarts',
  'resume-notices',
].map((name) => `./${name}.ts`);

export async function bundle(options: BundleOptions): Promise<BundleResult> {
  const paths = {
    ...options,
    extensionsModule: extensionsModule(options.extensions, ownModules),
  };
  const modulePaths = new Set<string>();
  const configurations = [labConfiguration(paths), themesConfiguration(paths, options.extensions.themes)];
  const stats = await run(
    configurations.map((one) => ({
      ...one,
      plugins: [...(one.plugins ?? []), new ModulePaths(modulePaths)],
    })),
  );
  if (modulePaths.size === 0) throw new Error('rspack bundled no module');
  await dropThemeScripts(options);
  const lab = stats.stats[0];
  if (!lab) throw new Error('rspack reported no compilation');
  return {
    ...entryFiles(lab, options.publicPath),
    modulePaths,
    files: await count(options.output),
  };
}

function run(configurations: Configuration[]): Promise<MultiStats> {
  return new Promise((resolve, reject) => {
    rspack(configurations, (error, stats) => {
      if (error || !stats) return reject(error ?? new Error('rspack gave no result'));
      if (stats.hasErrors()) return reject(new Error(stats.toString({ all: false, errors: true })));
      resolve(stats);
    });
  });
}

function entryFiles(stats: Stats, publicPath: string): { scripts: string[]; styles: string[] } {
  const files = stats.compilation.entrypoints.get('main')?.getFiles() ?? [];
  const urls = (ending: string) =>
    files.filter((file) => file.endsWith(ending)).map((file) => publicPath + file);
  return { scripts: urls('.js'), styles: urls('.css') };
}

/**
 * Collects the files of all modules while rspack holds them. Asked after the run, `compilation.modules` is now
 * and then empty: the compilation of one configuration may be let go while the other is still at work.
 */
class ModulePaths {
  readonly #paths: Set<string>;

  constructor(paths: Set<string>) {
    this.#paths = paths;
  }

  apply(compiler: Compiler): void {
    compiler.hooks.compilation.tap('ModulePaths', (compilation) => {
      compilation.hooks.finishModules.tap('ModulePaths', (modules) => {
        for (const module of modules) {
          const path = module.nameForCondition();
          if (path) this.#paths.add(path);
        }
      });
    });
  }
}

/** rspack writes a script beside each theme's style sheet; nobody loads it. */
async function dropThemeScripts(options: BundleOptions): Promise<void> {
  for (const theme of options.extensions.themes)
    await rm(join(options.output, 'themes', theme.name, 'index.js'), { force: true });
}

async function count(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).length;
}
