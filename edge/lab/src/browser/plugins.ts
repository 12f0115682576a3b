/** Flattens the extensions' modules into plugins and sets aside those that the page's config turns off. */
import type { JupyterLab } from '@jupyterlab/application';
import type { IPlugin } from '@lumino/application';

/** A module as bundled: its default export is one plugin or a list of them. */
export interface ExtensionModule<T extends { id: string }> {
  default: T | T[];
}

export interface LoadedPlugins<T> {
  enabled: T[];
  disabledIds: string[];
  available: JupyterLab.IPluginInfo[];
}

type Described = { id: string } & Partial<
  Pick<IPlugin<JupyterLab, unknown>, 'description' | 'requires' | 'optional' | 'provides' | 'autoStart'>
>;

export function enabledPlugins<T extends Described>(
  modules: ExtensionModule<T>[],
  isDisabled: (id: string) => boolean,
): LoadedPlugins<T> {
  const all = modules.flatMap((module) => module.default);
  return {
    enabled: all.filter((plugin) => !isDisabled(plugin.id)),
    disabledIds: all.filter((plugin) => isDisabled(plugin.id)).map((plugin) => plugin.id),
    available: all.map((plugin) => ({
      id: plugin.id,
      description: plugin.description ?? '',
      requires: plugin.requires ?? [],
      optional: plugin.optional ?? [],
      provides: plugin.provides ?? null,
      autoStart: plugin.autoStart,
      enabled: !isDisabled(plugin.id),
      extension: plugin.id.split(':')[0] ?? plugin.id,
    })),
  };
}
