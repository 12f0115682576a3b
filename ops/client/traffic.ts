/**
 * Somebody at work without a pause: three things again and again at once, each checked and counted. Asking the
 * API for the workspace, saving a file and reading it back, and running code over one open kernel socket. A
 * socket that closes meanwhile counts as a failure too, though clients would open it again.
 */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Kernel } from '@jupyterlab/services';
import { execute, type JupyterClient } from './jupyter.ts';
import type { Workspaces } from './workspaces.ts';

export interface AtWork {
  clock: Clock;
  workspaceId: WorkspaceId;
  workspaces: Workspaces;
  jupyter: JupyterClient;
  kernel: Kernel.IKernelConnection;
}

export interface Traffic {
  /** How many have succeeded so far. */
  counts: { api: number; contents: number; executes: number };
  /** What went wrong, in words. */
  failures: string[];
  stop(): Promise<void>;
}

/** Between two of a kind: some ten a second each, which two cores can do beside a restart. */
const pauseMs = 50;

export function keepWorking(atWork: AtWork): Traffic {
  const { clock, workspaceId, workspaces, jupyter, kernel } = atWork;
  const traffic = { counts: { api: 0, contents: 0, executes: 0 }, failures: [] as string[] };
  const ending = new AbortController();

  async function repeat(kind: keyof Traffic['counts'], work: (turn: number) => Promise<void>) {
    for (let turn = 1; !ending.signal.aborted; turn++) {
      try {
        await work(turn);
        traffic.counts[kind]++;
      } catch (thrown) {
        traffic.failures.push(`${kind} ${turn}: ${thrown instanceof Error ? thrown.message : thrown}`);
      }
      await sleep(clock, pauseMs, ending.signal).catch(() => undefined);
    }
  }
  const onStatus = (_: unknown, status: Kernel.ConnectionStatus) => {
    if (status !== 'connected' && !ending.signal.aborted) traffic.failures.push(`the socket is ${status}`);
  };
  kernel.connectionStatusChanged.connect(onStatus);

  const loops = [
    repeat('api', async () => {
      const { phase } = await workspaces.get(workspaceId);
      if (phase !== 'running') throw new Error(`the workspace is ${phase}`);
    }),
    repeat('contents', async (turn) => {
      const content = `turn ${turn}`;
      await jupyter.contents.save('traffic.txt', { type: 'file', format: 'text', content });
      const read = await jupyter.contents.get('traffic.txt');
      if (read.content !== content) throw new Error(`saved ${content}, read ${read.content}`);
    }),
    repeat('executes', async (turn) => {
      const { value } = await execute(kernel, `${turn} * 2`);
      if (value !== String(turn * 2)) throw new Error(`${turn} * 2 gave ${value}`);
    }),
  ];
  return {
    ...traffic,
    async stop() {
      ending.abort();
      await Promise.all(loops);
      kernel.connectionStatusChanged.disconnect(onStatus);
    },
  };
}
