/**
 * What a sample of each rung needs: on which platform (bed.ts), how a suspended workspace is brought to where that
 * rung is the one that is taken, and what its user runs first.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '@cellbook/shared/limits.ts';
import type { Bed, BedName } from './bed.ts';

export const rungNames = ['live', 'memory', 'memoryRemote', 'files', 'cold', 'coldFromGolden'] as const;
export type RungName = (typeof rungNames)[number];

export interface Suspended {
  id: string;
  bed: Bed;
  /** Has the cell look at the workspace now instead of at its next sweep. */
  nudge(): Promise<void>;
}

export interface Rung {
  /** As the platform names it. */
  rung: string;
  bed: BedName;
  /** Its kernel comes back; otherwise a new one is started for the first cell. */
  keepsMemory: boolean;
  /** Its files are read anew from disk. */
  dropsPageCache: boolean;
  /** Once it is suspended; gives what is to be undone after the sample. */
  prepare(suspended: Suspended): Promise<() => Promise<void>>;
}

const nothing = async (): Promise<void> => undefined;

/** A sandbox is made ahead in 0.3 s. */
const makingMs = 1_000;

type Recorded = Omit<Suspended, 'bed'> & { bed: Pick<Bed, 'record'> };

/** Its frozen sandbox has had its time: an image of it is written, and it ends. */
async function storeImage({ id, bed: { record }, nudge }: Recorded): Promise<() => Promise<void>> {
  await record.endRest(id);
  await nudge();
  await record.until(`an image of ${id} is stored`, async () => (await record.kept(id)) === 'image');
  await record.settled(id, 'suspended');
  return nothing;
}

/**
 * As one that has slept for more than a few seconds: its image is in the object store too, and its host has made ahead
 * what it comes back into, which it does a while after somebody last came back.
 */
async function sleepOn(suspended: Suspended): Promise<() => Promise<void>> {
  const { id, bed } = suspended;
  await storeImage(suspended);
  const sent = () => bed.record.isRemote(id);
  const made = limits.sandbox.shellDelayMs + makingMs;
  await Promise.all([bed.record.until(`the image of ${id} is in the object store`, sent), sleep(made)]);
  await bed.record.poolReady();
  return nothing;
}

/** Nothing is left of it but its files. */
export async function forgetMemory(suspended: Recorded): Promise<() => Promise<void>> {
  const { id, bed, nudge } = suspended;
  const { record } = bed;
  if ((await record.kept(id)) === 'frozen') await storeImage(suspended);
  if ((await record.kept(id)) === 'nothing') return nothing;
  await record.endRest(id);
  await nudge();
  await record.until(`nothing is kept of ${id}`, async () => (await record.kept(id)) === 'nothing');
  await record.settled(id, 'suspended');
  return nothing;
}

/** Its image has reached the object store, and its host answers nobody any more. */
async function loseHost(suspended: Suspended): Promise<() => Promise<void>> {
  const { id, bed } = suspended;
  const { record, hosts } = bed;
  await storeImage(suspended);
  await record.until(`the image of ${id} is in the object store`, () => record.isRemote(id));
  const hostId = await record.hostOf(id);
  await hosts.cutOff(hostId);
  return () => hosts.reconnect(hostId);
}

/** As many sandboxes are ready as there are to be, so that none is made during the sample. */
async function fillPool(suspended: Suspended): Promise<() => Promise<void>> {
  await forgetMemory(suspended);
  await suspended.bed.record.poolReady();
  return nothing;
}

export const rungs: Readonly<Record<RungName, Rung>> = {
  live: {
    ...{ rung: 'live', bed: 'plain', keepsMemory: true, dropsPageCache: false },
    prepare: async () => nothing,
  },
  memory: {
    ...{ rung: 'memory', bed: 'pool', keepsMemory: true, dropsPageCache: false },
    prepare: sleepOn,
  },
  memoryRemote: {
    ...{ rung: 'memory-remote', bed: 'hosts', keepsMemory: true, dropsPageCache: true },
    prepare: loseHost,
  },
  files: { ...{ rung: 'files', bed: 'pool', keepsMemory: false, dropsPageCache: false }, prepare: fillPool },
  cold: {
    ...{ rung: 'cold', bed: 'plain', keepsMemory: false, dropsPageCache: true },
    prepare: forgetMemory,
  },
  coldFromGolden: {
    ...{ rung: 'cold', bed: 'golden', keepsMemory: false, dropsPageCache: true },
    prepare: forgetMemory,
  },
};
