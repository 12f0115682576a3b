/** The running platform of a home, or one started for the caller and stopped with him. */
import type { PlatformConfig } from './config.ts';
import { openHome } from './home.ts';
import { startPlatform } from './platform.ts';
import { askStarter, type StarterStatus, takeStarterLock } from './starter-lock.ts';
import type { PlatformDeps } from './starting.ts';
import { waitUntil } from './wait-until.ts';

export interface UsedPlatform {
  url: string;
  versions: Record<string, string>;
  /** Stops it if it was started for this caller, and leaves it alone otherwise. */
  release(): Promise<void>;
}

/** A first start builds an image and a bundle; ten minutes is three times what two slow cores took. */
const otherStarterDeadlineMs = 600_000;

export async function usePlatform(config: PlatformConfig, deps: PlatformDeps): Promise<UsedPlatform> {
  const { directory } = openHome(config.homeDirectory);
  const status: StarterStatus = { pid: process.pid, state: 'starting', url: null, versions: {} };
  const lock = await takeStarterLock(directory, () => status);
  if (!lock.taken) return useRunning(directory, deps);
  try {
    const platform = await startPlatform(config, deps);
    Object.assign(status, { state: 'running', url: platform.url, versions: platform.versions });
    const release = async () => {
      status.state = 'stopping';
      await platform.stop();
      await lock.release();
    };
    return { url: platform.url, versions: platform.versions, release };
  } catch (thrown) {
    await lock.release();
    throw thrown;
  }
}

async function useRunning(homeDirectory: string, deps: PlatformDeps): Promise<UsedPlatform> {
  const running = async () => {
    const holder = await askStarter(homeDirectory);
    return holder?.state === 'running' && holder.url ? { url: holder.url, versions: holder.versions } : null;
  };
  const { url, versions } = await waitUntil(running, {
    clock: deps.clock,
    deadlineMs: otherStarterDeadlineMs,
    what: `the platform that is starting on ${homeDirectory}`,
    pollMs: 500,
    signal: deps.signal,
  });
  deps.progress.line(`using the platform at ${url}`);
  return { url, versions, release: async () => undefined };
}
