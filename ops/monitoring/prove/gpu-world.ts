/**
 * The ground of what befalls GPU regions: two of them, nothing that runs notebooks, customers of all tiers, and a policy
 * by which whoever waits for more than a few seconds waits too long.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, statfsSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { regionIdSchema } from '@cellbook/shared/ids.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type postgres from 'postgres';
import { openHome } from '../../up/home.ts';
import { waitUntil } from '../../up/wait-until.ts';
import type { Asker } from './asker.ts';
import { newCustomer, operatorEmail, type Standing } from './customer.ts';
import { type Errand, makeErrand } from './errand.ts';
import { type Ground, homeIn, startGround } from './ground.ts';

export const regionId = 'eu';
export const otherRegionId = 'us';
/** Of the region; the disk of the second is small, so that it can be filled. */
export const gpuHosts = ['a', 'b'].map((name) => `gpu-${regionId}-${name}`) as [string, string];
export const scheduler = `scheduler-gpu-${regionId}`;
const gpusOfHost = 8;
export const gpus = gpusOfHost * gpuHosts.length;

/** Who has run for a second may be stopped for others, any number of times: elsewhere all that is slower. */
const usualRanMsMin = 1_000;

export interface GpuWorld extends Ground {
  /** Jobs of theirs run in the region. */
  customers: Record<Tier, Asker>;
  errand: Errand;
  /** Of the region's scheduler. */
  record: postgres.Sql;
  /** Somebody new, with an organisation of his own. */
  customer(standing: Omit<Standing, 'region'>): Promise<Asker>;
  /** The region's scheduler starts anew, and stops nobody for others who has not run so long; given nothing a second. */
  preempt(rule?: { ranMsMin: number }): Promise<void>;
  /** Waits until no GPU of the region is free. */
  taken(): Promise<void>;
  /** Fills the disk of the second host; gives what empties it again. */
  fillDisk(): () => Promise<void>;
}

export async function startGpuWorld(): Promise<GpuWorld> {
  const ground = await startGround(settle);
  try {
    const { platform, prometheus, made, open, restart } = ground;
    const customer = (standing: Omit<Standing, 'region'>) =>
      newCustomer(platform.url, { ...standing, region: regionId });
    const customers = {
      free: await customer({ tier: 'free', quotas: rich }),
      paid: await customer({ tier: 'paid' }),
      enterprise: await customer({ tier: 'enterprise' }),
    };
    const preempt: GpuWorld['preempt'] = async ({ ranMsMin } = { ranMsMin: usualRanMsMin }) => {
      process.env.CELLBOOK_POLICY = policyWith(ranMsMin);
      await restart(scheduler);
    };
    const taken = async () => {
      const none = () => prometheus.holds(`${gpusThatAre('busy')} > 0 and ${gpusThatAre('free')} == 0`);
      const what = `all GPUs of ${regionId} to be taken`;
      await waitUntil(none, { clock: systemClock, deadlineMs: 120_000, what, pollMs: 500 });
    };
    return { ...ground, ...made, customers, customer, record: open(scheduler), preempt, taken };
  } catch (thrown) {
    await ground.stop();
    throw thrown;
  }
}

const spend = { spendMicrosPerMonth: 1_000_000_000_000 };
/** The usual one of the tier is spent by a dozen long jobs: no region is filled by that. */
const rich = { jobs: { user: spend, organisation: spend } };

const gpusThatAre = (state: string) =>
  `sum(max by (sku) (cellbook_scheduler_gpus{region="${regionId}", state="${state}"}))`;

const policyWith = (ranMsMin: number): string => {
  const [free, paid, enterprise] = Array.from({ length: 3 }, () => ({ startMsTarget: 5_000 }));
  const often = { perJobMax: 100, refillMs: 100, gainMin: 1 };
  return JSON.stringify({
    tiers: { free, paid, enterprise },
    preemption: { ...often, ranMsMin },
  });
};

async function settle(directory: string, onStop: Ground['onStop']) {
  const errand = makeErrand();
  onStop(() => errand.remove());
  const disk = join(openHome(homeIn(directory)).gpu(regionIdSchema.parse(regionId)).hosts, gpuHosts[1]);
  mkdirSync(disk, { recursive: true });
  // It is unmounted with the home (e2e/remove-home.ts).
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256m', 'tmpfs', disk]);
  const device = `H200*${gpusOfHost}`;
  return {
    config: {
      ...{ CELLBOOK_CELLS: `${regionId}=eu-1,eu-2;${otherRegionId}=us-1`, CELLBOOK_SANDBOX_DRIVER: 'none' },
      CELLBOOK_GPU: `${regionId}=${device},${device};${otherRegionId}=${device}`,
      ...{ CELLBOOK_GPU_PROGRAMS: errand.directory, CELLBOOK_POOL: 'off' },
    },
    inherited: {
      ...{ CELLBOOK_OPERATORS: operatorEmail, CELLBOOK_POLICY: policyWith(usualRanMsMin) },
      CELLBOOK_WEBHOOK_ALLOW: '127.0.0.1',
    },
    made: { errand, fillDisk: () => fill(disk) },
  };
}

function fill(disk: string): () => Promise<void> {
  const path = join(disk, 'filled');
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(path, Buffer.alloc(bavail * bsize));
  return () => rm(path);
}
