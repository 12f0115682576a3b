/** A cell's lifecycle and pool on one host of a timed driver, in simulated time, and people of each tier who come. */
import { ManualClock } from '@cellbook/shared/clock.ts';
import {
  hostIdSchema,
  newOrgId,
  newSandboxId,
  newUserId,
  newWorkspaceId,
  type WorkspaceId,
} from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { Hosts } from '../../host/hosts.ts';
import { LocalSandboxHost } from '../../host/local-sandbox-host.ts';
import { notedGolden, notedGoldens } from '../../host/testing/noted-driver.ts';
import { Lifecycle } from '../../lifecycle/lifecycle.ts';
import { SimulatedVolumes } from '../../lifecycle/sim/simulated-volumes.ts';
import { MemoryTransitionStore } from '../../lifecycle/stores/memory-transition-store.ts';
import { MemoryWorkspaceStore } from '../../lifecycle/stores/memory-workspace-store.ts';
import { upTo } from '../../quotas/allowance.ts';
import { Demand } from '../forecast/demand.ts';
import { MemoryDemandStore } from '../forecast/demand-store.ts';
import { MemoryPoolStore } from '../memory-pool-store.ts';
import { Pool } from '../pool.ts';
import { MemoryGenerationStore } from '../staged/memory-generation-store.ts';
import { Staging } from '../staged/staging.ts';
import { Processors, TimedDriver } from './timed-driver.ts';

export interface Came {
  tier: Tier;
  atMs: number;
  /** Null while it does not run yet. */
  tookMs: number | null;
  /** Where it was told to stand, as it changed; null: its turn had come. */
  told: (number | null)[];
}

interface OverloadedCell {
  processors: number;
  /** As many come in a minute as a rule. */
  usual: number;
  seed: number;
}

export async function openOverloadedCell({ processors, usual, seed }: OverloadedCell) {
  const clock = new ManualClock();
  const random = seededRandom(seed);
  const transitions = new MemoryTransitionStore();
  const store = new MemoryWorkspaceStore(clock, transitions);
  const driver = new TimedDriver(new Processors(clock, processors));
  const hostId = hostIdSchema.parse('host-a');
  const host = new LocalSandboxHost({
    hostId,
    driver,
    capacity: 400,
    processors,
    goldens: () => notedGoldens,
  });
  const hosts = new Hosts([host]);
  // Files are attached in twelve milliseconds, and nothing fails.
  const quick = { ...random, int: (bound: number) => Math.floor(bound * 0.03), float: () => 0.5 };
  const volumes = new SimulatedVolumes({ clock, random: quick, failureRate: () => 0, observe: () => {} });
  const members = new MemoryPoolStore();
  const pool = new Pool({
    ...{ store: members, hosts, clock, random, log: silentLogger, setting: 'auto' },
    staging: new Staging({ store: new MemoryGenerationStore(), clock, log: silentLogger }),
    demand: new Demand(await usualDemand(clock, usual), clock),
  });
  const lifecycle = new Lifecycle({
    ...{ store, transitions, volumes, hosts, pool, clock, random, log: silentLogger },
    sandboxLimits: () => notedGolden.limits,
  });
  const came = new Map<WorkspaceId, Came>();
  lifecycle.onQueued((id, place) => came.get(id)?.told.push(place?.position ?? null));
  await store.subscribe(({ workspaceId }) => {
    const who = came.get(workspaceId);
    if (!who || who.tookMs !== null) return;
    void store.get(workspaceId).then((row) => {
      if (row?.phase === 'running') who.tookMs ??= clock.monotonicMs() - who.atMs;
    });
  });
  await lifecycle.start();
  pool.start();
  return {
    ...{ clock, random, came, driver, host, pool, lifecycle },
    ready: async () => (await members.listOnHost(hostId)).filter(({ state }) => state === 'ready').length,
    /** All that is ready is gone, as after a rush. */
    async empty(): Promise<void> {
      const by = { workspaceId: newWorkspaceId(random), epoch: 1, tier: 'enterprise' as const };
      const from = { hostId, generations: notedGoldens.all.map(({ generation }) => generation) };
      while (await members.claim(from, by, clock.nowMs()));
    },
    async come(tier: Tier): Promise<void> {
      const id = newWorkspaceId(random);
      await volumes.create(id);
      came.set(id, { tier, atMs: clock.monotonicMs(), tookMs: null, told: [] });
      const owner = { ownerId: newUserId(random), orgId: newOrgId(random), tier };
      const given = {
        id,
        ...owner,
        name: 'n',
        idleSuspendSeconds: null,
        nowMs: clock.nowMs(),
        createKey: id,
      };
      await store.create({ ...given, desired: 'running' }, upTo(10));
    },
    async close(): Promise<void> {
      const closing = Promise.all([pool.close(), lifecycle.stop()]);
      // Steps under way end in their own time.
      await Promise.race([closing, clock.advance(60_000)]);
    },
    newSandboxId: () => newSandboxId(random),
  };
}

/** Two hours in which as many came each minute as usual. */
async function usualDemand(clock: ManualClock, perMinute: number): Promise<MemoryDemandStore> {
  const demand = new MemoryDemandStore();
  const { intervalMs } = limits.pool.forecast;
  const nowMs = Math.floor(clock.nowMs() / intervalMs) * intervalMs;
  for (let minute = 1; minute <= 120; minute++)
    await demand.add({ startMs: nowMs - minute * intervalMs, asked: perMinute });
  return demand;
}
