/**
 * Writes at a fixed pace beside the storm. Latency counts from when a write was due, not from when it was
 * sent, so that a cell that stalls is charged for the ones that had to wait.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CellClient, Owned } from './cell-client.ts';

export interface SteadyWrites {
  /** Ends the pace, waits for what is under way, and gives the latencies in milliseconds. */
  stop(): Promise<number[]>;
}

export function steadyWrites(
  client: CellClient,
  workspaces: readonly Owned[],
  perSecond: number,
): SteadyWrites {
  const latencies: number[] = [];
  const underWay = new Set<Promise<void>>();
  let [running, failure] = [true, null as unknown];
  const startMs = performance.now();

  const writeOne = async (workspace: Owned, index: number, dueMs: number) => {
    await client.rename(workspace, `bench ${index}`);
    latencies.push(performance.now() - dueMs);
  };
  const pace = async () => {
    for (let index = 0; running; index++) {
      const dueMs = startMs + (index * 1_000) / perSecond;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      const workspace = workspaces[index % workspaces.length];
      if (!workspace) throw new Error('no workspaces to write to');
      const write = writeOne(workspace, index, dueMs)
        .catch((thrown: unknown) => {
          failure ??= thrown;
        })
        .finally(() => underWay.delete(write));
      underWay.add(write);
    }
  };
  const paced = pace();
  return {
    async stop() {
      running = false;
      await paced;
      await Promise.all(underWay);
      if (failure) throw failure;
      return latencies;
    },
  };
}
