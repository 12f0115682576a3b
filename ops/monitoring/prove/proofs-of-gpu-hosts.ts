/** What befalls GPU hosts: their GPUs, their agents, their disks, the store of results, their scheduler. */
import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { regionIdSchema } from '@cellbook/shared/ids.ts';
import { type GpuWorld, gpuHosts, gpus, regionId, scheduler } from './gpu-world.ts';
import { targetsIn } from './ground.ts';
import { errandHere, keepSubmitting } from './keep-submitting.ts';
import { orUndo, type Proof } from './proof.ts';
import { watchOnly } from './watch-only.ts';

const agentsUnwatched: Proof<GpuWorld> = {
  cause: 'Prometheus is told of a scheduler, and of no GPU host',
  alerts: ['GpuAgentsUnwatched'],
  make: (world) =>
    watchOnly(
      world,
      targetsIn(world.platform).filter(({ job }) => job !== 'cellbook-gpu-agent'),
    ),
};

const deviceIll: Proof<GpuWorld> = {
  cause: 'a GPU falls ill',
  alerts: ['GpuDevicesIll'],
  async make({ platform }) {
    const { hosts } = platform.home.gpu(regionIdSchema.parse(regionId));
    const path = join(hosts, gpuHosts[0], 'ill-devices.json');
    writeFileSync(path, JSON.stringify({ 3: 'Xid 79: it has fallen off the bus' }));
    return () => rm(path);
  },
};

const storeOfResultsAway: Proof<GpuWorld> = {
  cause: 'the object store refuses connections while jobs end',
  alerts: ['GpuUploadsFail'],
  async make({ objects, customers }) {
    const working = keepSubmitting([customers.free, customers.paid], () => errandHere(1), {
      ...{ pauseMs: 1_000, eachMax: 6 },
    });
    await objects.shut();
    return async () => {
      await objects.open();
      await working();
    };
  },
};

const agentsStopped: Proof<GpuWorld> = {
  cause: 'the agents of all GPU hosts are stopped while they run jobs',
  alerts: ['GpuAgentDown', 'GpuHostsSilent', 'GpuRegionSilent', 'GpuLeasesExpire'],
  async make({ customers, freeze, taken }) {
    const working = keepSubmitting([customers.paid], () => errandHere(600), { pauseMs: 200, eachMax: gpus });
    await orUndo(taken(), working);
    const agents = gpuHosts.map((host) => freeze(`gpu-agent-${host}`));
    return async () => {
      for (const goOn of agents) goOn();
      await working();
    };
  },
};

const schedulerStopped: Proof<GpuWorld> = {
  cause: 'the only scheduler of a region is stopped',
  alerts: ['ProgramDown', 'GpuAgentUnanswered'],
  async make({ freeze }) {
    const goOn = freeze(scheduler);
    return async () => goOn();
  },
};

/** Last: it stays quarantined for ten minutes. */
const diskFull: Proof<GpuWorld> = {
  cause: 'the disk of a GPU host is full',
  alerts: ['GpuDiskShort', 'GpuHostsQuarantined'],
  async make({ fillDisk, customers }) {
    const empty = fillDisk();
    const { paid, enterprise } = customers;
    const working = keepSubmitting([paid, enterprise], () => errandHere(0.5), { pauseMs: 100 });
    return async () => {
      await empty();
      await working();
    };
  },
};

export const hostProofs: readonly Proof<GpuWorld>[] = [agentsUnwatched, deviceIll, storeOfResultsAway];
export const lastHostProofs: readonly Proof<GpuWorld>[] = [schedulerStopped, agentsStopped, diskFull];
