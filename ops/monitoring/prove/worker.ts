/** Somebody with a workspace that runs, who asks, saves and executes as a client does. */
import { systemClock } from '@cellbook/shared/clock.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import type { Kernel } from '@jupyterlab/services';
import { type JupyterClient, jupyterClient } from '../../client/jupyter.ts';
import { createToken, signIn } from '../../client/sign-in.ts';
import { type Workspaces, workspaceClient } from '../../client/workspaces.ts';
import { askerOf } from './asker.ts';

export interface Worker {
  workspaces: Workspaces;
  workspaceId: WorkspaceId;
  jupyter: JupyterClient;
  /** Any request to the workspace's own API or to `/v1`; gives the status, 0 where there was no answer. */
  ask(method: string, path: string, body?: object): Promise<number>;
  kernel(): Promise<Kernel.IKernelConnection>;
}

export async function newWorker(origin: string): Promise<Worker> {
  const cookie = await signIn(origin, { email: `${systemRandom.uuid()}@cellbook.test`, name: 'Worker' });
  const { token } = await createToken(origin, cookie, { name: 'worker' });
  const workspaces = workspaceClient({ origin, token, clock: systemClock, random: systemRandom });
  const { id } = await workspaces.create('watched');
  const jupyter = jupyterClient(origin, id, token);
  const { ask } = askerOf(origin, token);
  return {
    workspaces,
    workspaceId: id,
    jupyter,
    kernel: () => jupyter.kernels.startNew({ name: 'python3' }),
    ask: (method, path, body) => ask(method, path.startsWith('/v1') ? path : `/w/${id}${path}`, body),
  };
}
