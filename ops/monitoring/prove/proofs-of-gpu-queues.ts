/** What befalls queues: more comes than there are GPUs, nobody may be stopped for others, everybody is, money is short. */
import { type GpuWorld, gpus } from './gpu-world.ts';
import { errandHere, keepSubmitting } from './keep-submitting.ts';
import { orUndo, type Proof } from './proof.ts';

const all = ({ customers }: GpuWorld) => [customers.free, customers.paid, customers.enterprise];
/** All GPUs are one tier's, and some of it wait; nobody else is there yet. */
async function fill({ customers, taken }: GpuWorld): Promise<() => Promise<void>> {
  const filling = keepSubmitting([customers.free], () => errandHere(600), {
    ...{ pauseMs: 50, eachMax: gpus * 2 },
  });
  await orUndo(taken(), filling);
  return filling;
}

const tooMany: Proof<GpuWorld> = {
  cause: 'more long jobs come than there are GPUs',
  alerts: ['GpuQueueStuck'],
  make: async (world) => keepSubmitting(all(world), () => errandHere(600), { pauseMs: 300, eachMax: 20 }),
};

const lateStarts: Proof<GpuWorld> = {
  cause: 'jobs come faster than GPUs become free',
  alerts: ['GpuFreeLateBurnsFast', 'GpuPaidLateBurnsFast', 'GpuEnterpriseLateBurnsFast'],
  make: async (world) => keepSubmitting(all(world), () => errandHere(6), { pauseMs: 150 }),
};

const nobodyStopped: Proof<GpuWorld> = {
  cause: 'a policy has nobody stopped for others, and one tier has filled the region',
  alerts: ['GpuFloorStarved'],
  async make(world) {
    await world.preempt({ ranMsMin: 3_600_000 });
    const filling = await orUndo(fill(world), () => world.preempt());
    const waiting = keepSubmitting([world.customers.enterprise], () => errandHere(600), {
      ...{ pauseMs: 100, eachMax: gpus },
    });
    return async () => {
      await Promise.all([filling(), waiting()]);
      await world.preempt();
    };
  },
};

const everybodyStopped: Proof<GpuWorld> = {
  cause: 'wide jobs of a second come again and again where one tier has filled the region',
  alerts: ['GpuPreemptionStorm'],
  async make(world) {
    const filling = await fill(world);
    const coming = keepSubmitting([world.customers.enterprise], () => errandHere(1, 4), { pauseMs: 2_500 });
    return async () => {
      await Promise.all([filling(), coming()]);
    };
  },
};

const capReached: Proof<GpuWorld> = {
  cause: 'an organisation whose spend is capped goes on handing jobs in',
  alerts: ['GpuSpendRefused'],
  async make({ customer }) {
    const quotas = { jobs: { organisation: { spendMicrosPerMonth: 0 } } };
    const capped = await customer({ tier: 'paid', quotas });
    return keepSubmitting([capped], () => errandHere(1), { pauseMs: 500 });
  },
};

export const queueProofs: readonly Proof<GpuWorld>[] = [
  ...[capReached, lateStarts, everybodyStopped, nobodyStopped, tooMany],
];
