/**
 * Says why a notebook's kernel starts afresh. JupyterLab itself opens a dialog that the kernel "appears to
 * have died"; after a planned suspend that is untrue and in the way, and after a real death it does not say
 * of what. Here a suspend is a quiet notification, and a death is told with the reason the cell recorded.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { KernelAPI } from '@jupyterlab/services';
import { restartWords } from './restart-words.ts';

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@cellbook/lab:kernel-restarts',
  description: 'Says why a kernel starts afresh: a suspend quietly, a death with its reason.',
  autoStart: true,
  requires: [INotebookTracker],
  activate: (_app: JupyterFrontEnd, notebooks: INotebookTracker) => {
    notebooks.widgetAdded.connect((_tracker, panel) => explainRestarts(panel));
  },
};

export default plugin;

function explainRestarts(panel: NotebookPanel): void {
  const { statusChanged } = panel.sessionContext;
  // JupyterLab's own dialog hangs on this listener and on no setting. Should a later version name it
  // otherwise, this finds nothing to disconnect and its dialog is merely shown as well.
  // biome-ignore lint/complexity/useLiteralKeys: the bracket reaches what TypeScript calls private
  statusChanged.disconnect(panel['_onSessionStatusChanged'], panel);
  let isSeries = false;
  let shownId = '';
  statusChanged.connect(async (_context, status) => {
    if (status === 'restarting') return;
    const isFirst = status === 'autorestarting' && !isSeries;
    isSeries = status === 'autorestarting';
    if (!isFirst) return;
    // One at a time for each notebook, however often its workspace came and went.
    if (shownId) Notification.dismiss(shownId);
    shownId = await explain(panel);
  });
}

/** The id of the notification, or an empty one after a dialog. */
async function explain(panel: NotebookPanel): Promise<string> {
  const session = panel.sessionContext.session;
  if (!session?.kernel) return '';
  const notebook = PathExt.basename(session.path);
  const model = await KernelAPI.getKernelModel(session.kernel.id, session.kernel.serverSettings).catch(
    () => null,
  );
  if (panel.isDisposed) return '';
  const words = restartWords(notebook, model?.reason ?? null);
  // It stays until it is read: whoever's workspace was suspended was likely looking elsewhere.
  if (!words.isDeath) return Notification.info(words.text, { autoClose: false });
  await showDialog({ title: words.title, body: words.text, buttons: [Dialog.okButton()] });
  return '';
}
