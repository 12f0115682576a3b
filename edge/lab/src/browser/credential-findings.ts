/**
 * A notice when what was just saved holds something that looks like a credential, as the cell found it; gone
 * when a later save is clean. It hangs on the workspace's event stream, which JupyterLab has open anyway.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { findingNews } from './finding-words.ts';

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@cellbook/lab:credential-findings',
  description: 'Tells of credentials in what was saved.',
  autoStart: true,
  activate: (app: JupyterFrontEnd) => {
    const shown = new Map<string, { key: string; id: string }>();
    app.serviceManager.events.stream.connect((_events, emission) => {
      const news = findingNews(emission);
      if (news === null) return;
      const { path, key, text } = news;
      const before = shown.get(path);
      if (before?.key === key) return;
      if (before) Notification.dismiss(before.id);
      shown.delete(path);
      if (text !== null) shown.set(path, { key, id: Notification.warning(text, { autoClose: false }) });
    });
  },
};

export default plugin;
