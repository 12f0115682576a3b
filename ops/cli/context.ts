/** What every command is given: the platform it talks to, and where its results go. */
import { systemClock } from '@cellbook/shared/clock.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import type { JupyterClient } from '../client/jupyter.ts';
import { type Api, createClient } from '../clients/typescript/client.ts';
import { readSettings, type Settings } from './settings.ts';

export interface Context {
  settings: Settings;
  api: Api;
  /** Read only when it is asked for: JupyterLab's services take half a second to load. */
  jupyter(workspaceId: string): Promise<JupyterClient>;
}

export interface ContextOptions {
  /** Another user's home or a cell, for admins and operators. */
  at: string | undefined;
}

export async function openContext({ at }: ContextOptions): Promise<Context> {
  const settings = await readSettings(process.env);
  const { url, token } = settings;
  return {
    settings,
    api: createClient({ url, token, newKey: () => systemRandom.uuid(), clock: systemClock, at }),
    async jupyter(workspaceId) {
      const { jupyterClient } = await import('../client/jupyter.ts');
      return jupyterClient(url, workspaceId, token);
    },
  };
}
