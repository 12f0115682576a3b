/**
 * Tells how the workspace came back, where that is news, and warns before it is suspended because nobody uses it.
 * Both hang on the workspace's event stream, which JupyterLab has open anyway.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { idleNews, resumedNews } from './resume-words.ts';

/** Long enough to be read once. */
const backMs = 5_000;

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@cellbook/lab:resume-notices',
  description: 'Tells how the workspace came back, and warns before an idle one is suspended.',
  autoStart: true,
  activate: (app: JupyterFrontEnd) => {
    const { events, serverSettings } = app.serviceManager;
    const warning = new IdleWarning(() => keepRunning(serverSettings));
    events.stream.connect((_events, emission) => {
      const back = resumedNews(emission);
      if (back !== null) Notification.success(back, { autoClose: backMs });
      const idle = idleNews(emission, timeOf);
      if (idle?.at === null) warning.takeBack();
      else if (idle) warning.show(idle.at, idle.text);
    });
  },
};

export default plugin;

/** One at a time, and each once: who has closed it has read it. */
class IdleWarning {
  readonly #keep: () => Promise<void>;
  #at = '';
  #id = '';

  constructor(keep: () => Promise<void>) {
    this.#keep = keep;
  }

  show(at: string, text: string): void {
    if (at === this.#at) return;
    this.takeBack();
    this.#at = at;
    const keep = { label: 'Keep running', displayType: 'accent', callback: () => void this.#ask() } as const;
    // Nothing is lost by it: news, and no alarm.
    this.#id = Notification.info(text, { autoClose: false, actions: [keep] });
  }

  takeBack(): void {
    if (this.#id !== '') Notification.dismiss(this.#id);
    this.#id = '';
  }

  async #ask(): Promise<void> {
    try {
      await this.#keep();
    } catch {
      Notification.error('The workspace did not answer. Run a cell to keep it running.', {
        autoClose: false,
      });
    }
  }
}

async function keepRunning(settings: ServerConnection.ISettings): Promise<void> {
  const url = URLExt.join(settings.baseUrl, 'lab/api/cellbook/keep-running');
  const response = await ServerConnection.makeRequest(url, { method: 'POST' }, settings);
  if (!response.ok) throw await ServerConnection.ResponseError.create(response);
}

const timeOf = (at: Date): string => at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
