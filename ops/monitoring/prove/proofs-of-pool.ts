/** What goes wrong with the sandboxes that are kept ready. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { waitUntil } from '../../up/wait-until.ts';
import type { Proof } from './proof.ts';
import type { World } from './world.ts';

export const membersWanted = 2;
/** An image of members is made twelve seconds after its host's start at the earliest. */
const madeWithinMs = 180_000;

async function untilFull({ database, prometheus }: World): Promise<void> {
  const isFull = async () => {
    const ready = await database`select 1 from pool_members where state = 'ready'`;
    return ready.length >= membersWanted && !(await prometheus.firing()).has('PoolShort');
  };
  const what = 'the pool to be full';
  await waitUntil(isFull, { clock: systemClock, deadlineMs: madeWithinMs, what, pollMs: 500 });
}

const membersFail: Proof = {
  cause: 'a host loses what it kept ready, and the runtime restores no image any more',
  alerts: ['PoolShort'],
  prepare: untilFull,
  async make({ runtime, restartHost }) {
    runtime.break('restore');
    await restartHost();
    return async () => runtime.mend();
  },
};

const newImageFails: Proof = {
  cause: 'a host is given a new image, and the runtime cannot restore what members are made of it',
  alerts: ['PoolImageRolledBack'],
  prepare: untilFull,
  async make(world) {
    const { runtime, goldens, restartHost } = world;
    const before = goldensIn(goldens);
    const undo = importOneMore(world);
    await restartHost();
    const isNew = () => goldensIn(goldens).find((name) => !before.includes(name));
    const what = 'the new image of members';
    const name = await waitUntil(isNew, { clock: systemClock, deadlineMs: madeWithinMs, what });
    runtime.break(`--image-path=${join(goldens, name, 'memory')}`);
    // What was restored of it before that is gone with the host.
    await restartHost();
    return async () => {
      runtime.mend();
      undo();
    };
  },
};

const goldensIn = (directory: string): string[] =>
  readdirSync(directory).filter((name) => /^[0-9a-f]{16}$/.test(name));

/** Members that have done something else before they are anybody's are of another generation. */
function importOneMore({ image }: World): () => void {
  const path = join(image.directory, 'image.json');
  const before = readFileSync(path, 'utf8');
  const described: { golden: { imports: string[] } } = JSON.parse(before);
  const { golden } = described;
  const changed = { ...described, golden: { ...golden, imports: [...golden.imports, 'colorsys'] } };
  writeFileSync(path, JSON.stringify(changed));
  return () => writeFileSync(path, before);
}

export const proofsOfPool: readonly Proof[] = [membersFail, newImageFails];
