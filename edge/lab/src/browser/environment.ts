/**
 * “Installed Packages…” in the File menu and the command palette: which packages the workspace has beyond its image, and
 * a reset, which is asked for once more with Cancel chosen.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Dialog, ICommandPalette, Notification, showDialog } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import { IMainMenu } from '@jupyterlab/mainmenu';
import { ServerConnection } from '@jupyterlab/services';
import { EnvironmentPanel } from './environment-panel.ts';
import { type Environment, environmentOffers, environmentSchema, type Offer } from './environment-words.ts';

const command = 'cellbook:environment';
const title = 'Installed Packages';

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@cellbook/lab:environment',
  description: 'Shows which packages are installed in the workspace, and resets them.',
  autoStart: true,
  optional: [IMainMenu, ICommandPalette],
  activate: (app: JupyterFrontEnd, menu: IMainMenu | null, palette: ICommandPalette | null) => {
    const settings = app.serviceManager.serverSettings;
    app.commands.addCommand(command, {
      label: `${title}…`,
      caption: 'What pip has installed in this workspace; its lockfile; reset',
      execute: () => showEnvironment(settings).catch(tellTrouble),
    });
    menu?.fileMenu.addGroup([{ command }], 99);
    palette?.addItem({ command, category: 'Cellbook' });
  },
};

export default plugin;

async function showEnvironment(settings: ServerConnection.ISettings): Promise<void> {
  const environment = await ask(settings, '');
  const offers = environmentOffers(environment);
  const body = new EnvironmentPanel(environment, urlOf(settings, '/lock'));
  const buttons = [
    ...offers.map(({ label }) => Dialog.warnButton({ label })),
    Dialog.cancelButton({ label: 'Close' }),
  ];
  const { button } = await showDialog({ title, body, buttons, defaultButton: buttons.length - 1 });
  const offer = offers.find(({ label }) => label === button.label);
  if (offer) await carryOut(settings, offer);
}

async function carryOut(settings: ServerConnection.ISettings, { to, question }: Offer): Promise<void> {
  const label = to === 'empty' ? 'Reset' : 'Bring back';
  const buttons = [Dialog.cancelButton(), Dialog.warnButton({ label })];
  const { button } = await showDialog({ title, body: question, buttons, defaultButton: 0 });
  if (!button.accept) return;
  await ask(settings, '/reset', { method: 'POST', body: JSON.stringify({ to }) });
  const done = to === 'empty' ? 'Nothing is installed any more.' : 'What was installed before is back.';
  Notification.success(`${done} Restart kernels that have imported packages.`, { autoClose: 8_000 });
}

const urlOf = ({ baseUrl }: ServerConnection.ISettings, path: string): string =>
  `${URLExt.join(baseUrl, 'lab/api/cellbook/environment')}${path}`;

async function ask(
  settings: ServerConnection.ISettings,
  path: string,
  init: RequestInit = {},
): Promise<Environment> {
  const response = await ServerConnection.makeRequest(urlOf(settings, path), init, settings);
  if (!response.ok) throw await ServerConnection.ResponseError.create(response);
  return environmentSchema.parse(await response.json());
}

function tellTrouble(error: unknown): void {
  const why = error instanceof Error ? error.message : 'The workspace did not answer.';
  Notification.error(`The installed packages: ${why}`.slice(0, 140), { autoClose: false });
}
