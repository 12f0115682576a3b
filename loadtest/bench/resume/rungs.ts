/**
 * What a sample of each rung needs: how a suspended workspace is brought to where that rung is the one that is
 * taken, and what its user runs first. One that is not measured yet says why, and is reported with that.
 */
import type { ResumeRecord } from './record.ts';

export const rungNames = ['live', 'memory', 'memoryRemote', 'files', 'cold'] as const;
export type RungName = (typeof rungNames)[number];

export interface Suspended {
  id: string;
  record: ResumeRecord;
  /** Has the cell look at the workspace now instead of at its next sweep. */
  nudge(): Promise<void>;
}

export interface Rung {
  /** As the platform names it. */
  rung: string;
  /** Its kernel comes back; otherwise a new one is started for the first cell. */
  keepsMemory: boolean;
  /** Its files are read anew from disk. */
  dropsPageCache: boolean;
  /** Once it is suspended. */
  prepare(suspended: Suspended): Promise<void>;
}

/** Its frozen sandbox has had its time: an image of it is written, and it ends. */
async function storeImage({ id, record, nudge }: Suspended): Promise<void> {
  await record.endRest(id);
  await nudge();
  await record.until(`an image of ${id} is stored`, async () => (await record.kept(id)) === 'image');
  await record.settled(id, 'suspended');
}

/** Nothing is left of it but its files. */
async function forgetMemory(suspended: Suspended): Promise<void> {
  const { id, record, nudge } = suspended;
  if ((await record.kept(id)) === 'frozen') await storeImage(suspended);
  if ((await record.kept(id)) === 'nothing') return;
  await record.endRest(id);
  await nudge();
  await record.until(`nothing is kept of ${id}`, async () => (await record.kept(id)) === 'nothing');
  await record.settled(id, 'suspended');
}

export const coldRung: Rung = {
  ...{ rung: 'cold', keepsMemory: false, dropsPageCache: true, prepare: forgetMemory },
};

export const rungs: Readonly<Record<RungName, Rung | { absent: string }>> = {
  live: { rung: 'live', keepsMemory: true, dropsPageCache: false, prepare: async () => undefined },
  memory: { rung: 'memory', keepsMemory: true, dropsPageCache: false, prepare: storeImage },
  memoryRemote: {
    absent: 'not measured yet: the benchmark has one host, and this rung is for when that is lost',
  },
  files: { absent: 'not measured yet: the benchmark keeps no pool' },
  cold: coldRung,
};
