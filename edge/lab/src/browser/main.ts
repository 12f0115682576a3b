/**
 * Starts JupyterLab in the page: one flat list of plugins, less those the page's config turns off, given to
 * the application. JupyterLab's own builder generates this module; ours imports every extension up front.
 */
import { JupyterLab } from '@jupyterlab/application';
import { PageConfig } from '@jupyterlab/coreutils';
import { IConnectionStatus, IServiceManager } from '@jupyterlab/services';
import { PluginRegistry } from '@lumino/coreutils';
import { mimes, plugins } from 'cellbook-lab-extensions';
import { enabledPlugins } from './plugins.ts';

async function start(): Promise<void> {
  const isDisabled = PageConfig.Extension.isDisabled;
  const { enabled, available, disabledIds } = enabledPlugins(plugins, isDisabled);
  const mimeExtensions = enabledPlugins(mimes, isDisabled);
  const pluginRegistry = new PluginRegistry<JupyterLab>();
  pluginRegistry.registerPlugins(enabled);
  const lab = new JupyterLab({
    pluginRegistry,
    serviceManager: (await pluginRegistry.resolveOptionalService(IServiceManager)) ?? undefined,
    connectionStatus: (await pluginRegistry.resolveOptionalService(IConnectionStatus)) ?? undefined,
    // Told apart from a bare extension by its `__esModule`.
    mimeExtensions: mimeExtensions.enabled.map((one) => ({ __esModule: true, default: one })),
    availablePlugins: [...available, ...mimeExtensions.available],
    disabled: { matches: disabledIds, patterns: [] },
    deferred: { matches: [], patterns: [] },
  });
  await lab.start({ ignorePlugins: [], bubblingKeydown: true });
  await lab.restored;
  document.getElementById('cellbook-opening')?.remove();
  performance.mark('cellbook-lab-restored');
}

start().catch((error: unknown) => {
  console.error('starting JupyterLab', error);
  const notice = document.getElementById('cellbook-opening');
  if (notice)
    notice.textContent =
      'JupyterLab could not start. Reload the page; if it fails again, tell your operator.';
});
