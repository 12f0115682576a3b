/**
 * Cellbook's own plugin: the workspace's state in the status bar, its name in the browser tab, and the way
 * back to the console. It asks the cell every ten seconds while the tab is seen, which wakes nothing.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { IMainMenu } from '@jupyterlab/mainmenu';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ServerConnection } from '@jupyterlab/services';
import { IStatusBar } from '@jupyterlab/statusbar';
import { Poll } from '@lumino/polling';
import './cellbook.css';
import { WorkspaceStatusItem } from './status-item.ts';
import { isMoving, readState, titleWithName, type WorkspaceState } from './workspace-state.ts';

const consoleCommand = 'cellbook:console';

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@cellbook/lab:workspace',
  description: "Shows the workspace's state and leads back to the console.",
  autoStart: true,
  optional: [IStatusBar, IMainMenu, ICommandPalette, INotebookTracker],
  activate: (
    app: JupyterFrontEnd,
    statusBar: IStatusBar | null,
    menu: IMainMenu | null,
    palette: ICommandPalette | null,
    notebooks: INotebookTracker | null,
  ) => {
    const consoleUrl = PageConfig.getOption('cellbookConsoleUrl');
    const item = new WorkspaceStatusItem(consoleUrl);
    statusBar?.registerStatusItem('@cellbook/lab:workspace', { item, align: 'left', rank: -1 });
    addConsoleCommand(app, consoleUrl, menu, palette);
    followState(app, notebooks, (state) => {
      item.display(state);
      nameTab(state.name);
    });
  },
};

export default plugin;

function followState(
  app: JupyterFrontEnd,
  notebooks: INotebookTracker | null,
  show: (state: WorkspaceState) => void,
): void {
  let state: WorkspaceState = { name: PageConfig.getOption('cellbookWorkspaceName'), phase: 'running' };
  const poll = new Poll({
    name: '@cellbook/lab:workspace',
    factory: async () => {
      state = await fetchState(app.serviceManager.serverSettings, state);
      show(state);
      poll.frequency = frequencyFor(state);
    },
    frequency: frequencyFor(state),
    standby: 'when-hidden',
  });
  // A kernel that changes while the workspace is not known to run, or starts afresh, is news before its time.
  notebooks?.widgetAdded.connect((_tracker, panel) => {
    panel.sessionContext.statusChanged.connect((_context, status) => {
      if (state.phase !== 'running' || status === 'autorestarting') void poll.refresh();
    });
  });
  // JupyterLab writes the title anew with every tab that is chosen.
  const titles = new MutationObserver(() => nameTab(state.name));
  titles.observe(document.head, { childList: true, subtree: true });
}

/** A workspace on its way somewhere is there within seconds; one at rest is asked about rarely. */
function frequencyFor(state: WorkspaceState): Poll['frequency'] {
  return { interval: isMoving(state.phase) ? 1_000 : 10_000, backoff: false, max: 10_000 };
}

function addConsoleCommand(
  app: JupyterFrontEnd,
  consoleUrl: string,
  menu: IMainMenu | null,
  palette: ICommandPalette | null,
): void {
  app.commands.addCommand(consoleCommand, {
    label: 'Cellbook Console',
    caption: 'All workspaces: suspend, resume, create',
    execute: () => void window.open(consoleUrl, 'cellbook-console', 'noopener'),
  });
  menu?.fileMenu.addGroup([{ command: consoleCommand }], 100);
  palette?.addItem({ command: consoleCommand, category: 'Cellbook' });
}

async function fetchState(
  settings: ServerConnection.ISettings,
  before: WorkspaceState,
): Promise<WorkspaceState> {
  const url = URLExt.join(settings.baseUrl, 'lab/api/cellbook');
  try {
    const response = await ServerConnection.makeRequest(url, {}, settings);
    return readState(response.status, response.ok ? await response.json() : null, before);
  } catch {
    return readState(0, null, before);
  }
}

function nameTab(name: string): void {
  const title = titleWithName(document.title, name);
  if (title !== document.title) document.title = title;
}
