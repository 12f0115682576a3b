/**
 * Looks, while nothing is wrong any more and nobody comes, whether somebody waits in vain: a job that free GPUs would
 * fit, a tier below its floor. What may take time (a gang that GPUs are kept for) gets a bound instead of a reason.
 */
import type { JobId } from '@cellbook/shared/ids.ts';
import { type Tier, tierSchema } from '@cellbook/shared/protocol/principal.ts';
import * as invariants from './invariants.ts';
import type { SeenHost, SeenJob } from './ledger.ts';
import { worldPolicy } from './policy.ts';
import type { World } from './world.ts';

/** Twice what the longest job may run, and what a host needs to be heard again. */
const idleMsMax = 2 * 90_000 + 60_000;
const belowMsMax = 4 * 90_000;

export class Starvation {
  readonly #world: World;
  readonly #fitsSince = new Map<JobId, number>();
  readonly #belowSince = new Map<Tier, number>();

  constructor(world: World) {
    this.#world = world;
  }

  look(): void {
    const { ledger, timeline } = this.#world;
    const { nowMs } = timeline;
    const waiting = [...ledger.jobs.values()].filter(
      ({ phase, cancelAsked }) => phase === 'queued' && !cancelAsked,
    );
    const fitting = new Set(waiting.filter((job) => this.#fits(job, 'free')).map(({ spec }) => spec.jobId));
    for (const jobId of this.#fitsSince.keys()) if (!fitting.has(jobId)) this.#fitsSince.delete(jobId);
    for (const jobId of fitting) {
      const since = this.#fitsSince.get(jobId) ?? nowMs;
      this.#fitsSince.set(jobId, since);
      this.#world.judge(invariants.eventually_no_idle_gpu_fits(jobId, nowMs - since, idleMsMax));
    }
    for (const tier of tierSchema.options) {
      const isBelow = this.#isBelow(tier, waiting);
      if (!isBelow) this.#belowSince.delete(tier);
      const since = this.#belowSince.get(tier) ?? nowMs;
      if (isBelow) this.#belowSince.set(tier, since);
      this.#world.judge(invariants.eventually_its_floor(tier, nowMs - since, belowMsMax));
    }
  }

  /** It has somebody waiting who could run on some host were it empty, and still be within the floor. */
  #isBelow(tier: Tier, waiting: readonly SeenJob[]): boolean {
    const { ledger } = this.#world;
    const floor = worldPolicy.tiers[tier].floorShare * ledger.capacity();
    const held = ledger.held(({ spec }) => spec.tier === tier);
    const dearest = Math.max(...Object.values(worldPolicy.skuPrice));
    return waiting.some(
      (job) => job.spec.tier === tier && held + job.spec.gpus * dearest <= floor && this.#fits(job, 'empty'),
    );
  }

  #fits(job: SeenJob, how: 'free' | 'empty'): boolean {
    const { ledger } = this.#world;
    const { tier, gpus } = job.spec;
    const ceiling = worldPolicy.tiers[tier].ceilingShare * ledger.capacity();
    const held = ledger.held(({ spec }) => spec.tier === tier);
    return [...ledger.hosts.values()].some(
      (host) =>
        fitsHost(job, host, how) && (how === 'empty' || held + gpus * ledger.price(host.spec.sku) <= ceiling),
    );
  }
}

function fitsHost({ spec, attempts }: SeenJob, host: SeenHost, how: 'free' | 'empty'): boolean {
  if (host.phase !== 'up') return false;
  if (spec.skus && !spec.skus.includes(host.spec.sku)) return false;
  if (spec.gpuMemoryMib > host.spec.gpuMemoryMib) return false;
  if (attempts.some(({ hostId, outcome }) => hostId === host.spec.hostId && outcome?.kind === 'failed'))
    return false;
  const taken = how === 'free' ? host.holders.size : 0;
  return host.spec.gpus - host.spec.unhealthy.length - taken >= spec.gpus;
}
