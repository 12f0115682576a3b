/** Which JupyterLab extensions go into the bundle, and what each brings: modules, styles, themes, schemas. */
import type { InstalledPackage } from './packages.ts';

/**
 * Left out whole. The extension and plugin managers install code into a server we do not have, the hub
 * extension talks to JupyterHub, and the language-server client needs servers no kernel image carries.
 */
const leftOut = new Set([
  '@jupyterlab/extensionmanager-extension',
  '@jupyterlab/hub-extension',
  '@jupyterlab/lsp-extension',
  '@jupyterlab/pluginmanager-extension',
]);

export interface LabExtensions {
  /** Modules whose default export is a plugin or a list of them. */
  plugins: string[];
  /** Modules whose default export is a renderer extension or a list of them. */
  mimes: string[];
  styles: string[];
  themes: { name: string; css: string }[];
  schemaDirectories: { name: string; version: string; directory: string }[];
}

export function labExtensions(packages: InstalledPackage[]): LabExtensions {
  const result: LabExtensions = { plugins: [], mimes: [], styles: [], themes: [], schemaDirectories: [] };
  for (const pkg of packages) {
    const lab = pkg.jupyterlab;
    if (!lab || leftOut.has(pkg.name) || !(lab.extension || lab.mimeExtension)) continue;
    if (lab.extension) result.plugins.push(moduleOf(pkg.name, lab.extension));
    if (lab.mimeExtension) result.mimes.push(moduleOf(pkg.name, lab.mimeExtension));
    if (pkg.styleModule) result.styles.push(`${pkg.name}/${pkg.styleModule}`);
    if (lab.themePath) result.themes.push({ name: pkg.name, css: `${pkg.name}/${lab.themePath}` });
    if (lab.schemaDir) {
      const { name, version } = pkg;
      result.schemaDirectories.push({ name, version, directory: `${pkg.directory}/${lab.schemaDir}` });
    }
  }
  return result;
}

function moduleOf(name: string, entry: string | boolean): string {
  return typeof entry === 'string' ? `${name}/${entry}` : name;
}

/** The module that `browser/start.ts` is given: everything imported up front, so one round of downloads starts Lab. */
export function extensionsModule(extensions: LabExtensions, ownModules: string[]): string {
  const plugins = [...extensions.plugins, ...ownModules];
  const lines = [
    ...extensions.styles.map((style) => `import '${style}';`),
    ...plugins.map((module, index) => `import * as plugin${index} from '${module}';`),
    ...extensions.mimes.map((module, index) => `import * as mime${index} from '${module}';`),
    `export const plugins = [${plugins.map((_, index) => `plugin${index}`).join(', ')}];`,
    `export const mimes = [${extensions.mimes.map((_, index) => `mime${index}`).join(', ')}];`,
  ];
  return `${lines.join('\n')}\n`;
}
