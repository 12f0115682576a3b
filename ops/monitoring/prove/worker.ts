/** Somebody with a workspace that runs, who asks, saves and executes as a client does. */
import { systemClock } from '@cellbook/shared/clock.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { jobSchema } from '@cellbook/shared/protocol/job.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import type { Kernel } from '@jupyterlab/services';
import { type JupyterClient, jupyterClient } from '../../client/jupyter.ts';
import { createToken, signIn } from '../../client/sign-in.ts';
import { type Workspaces, workspaceClient } from '../../client/workspaces.ts';

export interface Worker {
  workspaces: Workspaces;
  workspaceId: WorkspaceId;
  jupyter: JupyterClient;
  /** Any request to the workspace's own API or to `/v1`; gives the status, 0 where there was no answer. */
  ask(method: string, path: string, body?: object): Promise<number>;
  /** Hands a GPU job in; its id, or null where it was not taken. */
  submit(job: object): Promise<string | null>;
  kernel(): Promise<Kernel.IKernelConnection>;
}

const askDeadlineMs = 30_000;

export async function newWorker(origin: string): Promise<Worker> {
  const cookie = await signIn(origin, { email: `${systemRandom.uuid()}@cellbook.test`, name: 'Worker' });
  const { token } = await createToken(origin, cookie, { name: 'worker' });
  const workspaces = workspaceClient({ origin, token, clock: systemClock, random: systemRandom });
  const { id } = await workspaces.create('watched');
  const jupyter = jupyterClient(origin, id, token);
  const send = async (method: string, path: string, body?: object): Promise<Response | null> => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': systemRandom.uuid(),
    };
    const url = `${origin}${path.startsWith('/v1') ? path : `/w/${id}${path}`}`;
    const request = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    return fetch(url, { ...request, signal: AbortSignal.timeout(askDeadlineMs) }).catch(() => null);
  };
  return {
    workspaces,
    workspaceId: id,
    jupyter,
    kernel: () => jupyter.kernels.startNew({ name: 'python3' }),
    async ask(method, path, body) {
      const answer = await send(method, path, body);
      await answer?.arrayBuffer().catch(() => undefined);
      return answer?.status ?? 0;
    },
    async submit(job) {
      const answer = await send('POST', '/v1/jobs', { ...job, reuse: 'off' });
      const made = jobSchema.safeParse(await answer?.json().catch(() => null));
      return made.success ? made.data.id : null;
    },
  };
}
