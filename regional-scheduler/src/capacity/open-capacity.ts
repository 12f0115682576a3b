/** The provider of hosts that this region has, if any, and the loop that asks it. */
import { readFile } from 'node:fs/promises';
import type { SchedulerConfig } from '../config.ts';
import type { CapacityState } from '../core/scale/capacity.ts';
import { type DriverDeps, startDriving } from './driver.ts';
import { createHttpProvider } from './http-provider.ts';

export type OpenCapacityDeps = Omit<DriverDeps, 'provider' | 'written'> & {
  capacity: SchedulerConfig['capacity'];
  /** Null where nothing is folded. */
  state(): { capacity: CapacityState } | null;
  /** Whether this instance leads, and what it has decided is written. */
  isWritten(): boolean;
};

export interface Capacity {
  start(): void;
  close(): Promise<void>;
}

export async function openCapacity({
  capacity,
  state,
  isWritten,
  ...rest
}: OpenCapacityDeps): Promise<Capacity> {
  if (!capacity) return { start: () => {}, close: async () => {} };
  const secret = (await readFile(capacity.keyFile, 'utf8')).trim();
  const provider = createHttpProvider({ url: capacity.url, secret });
  const written = () => (isWritten() ? (state()?.capacity ?? null) : null);
  let driving: { close(): Promise<void> } | null = null;
  return {
    start() {
      driving ??= startDriving({ ...rest, provider, written });
    },
    async close() {
      await driving?.close();
    },
  };
}
