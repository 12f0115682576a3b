/** Plugins that are bundled with their extension but turned off, each for its reason. */
export const disabledPlugins: readonly string[] = [
  // Fetches news from the project's site: no call leaves the workspace's origin on its own.
  '@jupyterlab/apputils-extension:announcements',
  // Both need the language-server client, which is left out.
  '@jupyterlab/fileeditor-extension:language-server',
  '@jupyterlab/notebook-extension:language-server',
  // Ours waits for a kernel that is on its way (browser/cell-executor.ts).
  '@jupyterlab/notebook-extension:cell-executor',
];
