/**
 * Keeping simulated sandboxes' memory: freezing, thawing, storing and restoring take their time and fail as often
 * as the world says. A store that fails leaves the sandbox frozen, a restore that fails leaves nothing.
 */
import { sleep } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type SandboxId, sandboxIdSchema } from '@cellbook/shared/ids.ts';
import type { SandboxSnapshots } from '../../sandbox/driver.ts';
import type { SnapshotFingerprint } from '../../sandbox/snapshot/fingerprint.ts';
import {
  type Existing,
  type SimulatedDriver,
  type SimulatedDriverDeps,
  unavailable,
} from './simulated-driver.ts';
import type { SimulatedImages } from './simulated-images.ts';

interface Deps extends SimulatedDriverDeps {
  images: SimulatedImages;
  driver: SimulatedDriver;
}

export const simulatedFingerprint: SnapshotFingerprint = {
  ...{ runtime: 'simulated', platform: 'simulated', cpuFeatures: 'none', imageDigest: 'none' },
};

export function simulatedSnapshots(deps: Deps): SandboxSnapshots {
  const { clock, random, failureRate, observe, images, driver } = deps;

  async function work(sandboxId: SandboxId, longestMs: number, signal: AbortSignal): Promise<Existing> {
    await sleep(clock, 1 + random.int(longestMs), signal);
    const sandbox = driver.existing.get(sandboxId);
    if (!sandbox || sandbox.state === 'starting') throw gone(sandboxId);
    if (random.float() < failureRate() / 2) throw unavailable(sandbox.workspaceId);
    return sandbox;
  }

  function enter(sandbox: Existing, state: 'live' | 'frozen'): void {
    if (sandbox.state === state) return;
    sandbox.state = state;
    observe(state === 'frozen' ? 'frozen' : 'thawed', sandbox);
  }

  return {
    fingerprint: simulatedFingerprint,
    freeze: async (sandboxId, signal) => enter(await work(sandboxId, 60, signal), 'frozen'),
    thaw: async (sandboxId, signal) => enter(await work(sandboxId, 60, signal), 'live'),
    async checkpoint(sandboxId, _directory, signal) {
      const { memory } = await work(sandboxId, 2_000, signal);
      images.kept.set(sandboxId, { ...memory });
      driver.remove(sandboxId, { reason: 'stopped' });
      return { bytes: 1, fingerprint: simulatedFingerprint };
    },
    async restore(spec, directory, signal) {
      const memory = images.kept.get(sandboxIdSchema.parse(directory));
      if (!memory) throw gone(spec.sandboxId);
      return driver.bringUp(spec, { memory: { ...memory }, longestMs: 500, isRestored: true }, signal);
    },
  };
}

const gone = (sandboxId: SandboxId): CellbookError =>
  new CellbookError('sandbox_unavailable', {
    doing: `simulating sandbox ${sandboxId}`,
    problem: 'it is not there',
  });
