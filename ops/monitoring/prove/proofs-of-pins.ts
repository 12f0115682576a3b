/** What befalls the pins: a cell goes by others than the edge, an edge by others than another edge. */
import { systemClock } from '@cellbook/shared/clock.ts';
import { cellIdSchema } from '@cellbook/shared/ids.ts';
import { layoutDocument, moved, signPins } from '@cellbook/shared/pins/build.ts';
import { allCells, bucketCount, type Layout } from '@cellbook/shared/pins/pins.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { openPins } from '../../pins/context.ts';
import type { GpuWorld } from './gpu-world.ts';
import { type Ground, startGround, targetsIn } from './ground.ts';
import { keepDoing, type Proof } from './proof.ts';
import { watchOnly } from './watch-only.ts';

const [cell, otherCell] = [cellIdSchema.parse('eu-1'), cellIdSchema.parse('eu-2')];

async function pinsOf({ platform }: Pick<Ground, 'platform'>) {
  const common = { clock: systemClock, random: systemRandom, say: () => undefined };
  const context = await openPins({
    ...{ ...common, homeDirectory: platform.home.directory, edgeUrl: platform.url },
  });
  const pins = await context.current();
  const sign = (layout: Layout, epoch: number) => signPins({ ...layoutDocument(layout), epoch }, context.key);
  return {
    ...{ pins, sign, remote: context.remote },
    named: (id: string) => allCells(pins).find((one) => one.id === id),
  };
}

/** The same layout under a higher epoch, to the edge and all cells. */
async function publishAgain(world: GpuWorld, epochs: number): Promise<void> {
  const { pins, sign, remote } = await pinsOf(world);
  const jws = await sign(pins, pins.epoch + epochs);
  for (const one of allCells(pins)) await remote.deliver(one, jws);
  await remote.publish(jws);
}

const cellMisled: Proof<GpuWorld> = {
  cause: 'a cell is given pins by which all new people live in another, and the edge is not',
  alerts: ['UsersMisdirected'],
  async make(world) {
    const { pins, sign, remote, named } = await pinsOf(world);
    const jws = await sign(moved(pins, cell, otherCell, bucketCount / 2), pins.epoch + 1);
    const told = await remote.deliver(named(cell)!, jws);
    if (!told.ok) throw new Error(`the cell does not take it: ${told.problem}`);
    const people = Object.values(world.customers);
    const asking = keepDoing(async () => {
      for (const { ask } of people) await ask('GET', '/v1/workspaces');
      people.push(await world.customer({ tier: 'free' }));
    }, 200);
    return async () => {
      await asking();
      await publishAgain(world, 2);
    };
  },
};

const edgesDiffer: Proof<GpuWorld> = {
  cause: 'one of two edges has not read what was published last',
  alerts: ['PinEpochsDiffer'],
  async make(world) {
    const settings = { CELLBOOK_CELLS: 'eu=eu-1', CELLBOOK_SANDBOX_DRIVER: 'none', CELLBOOK_GPU: 'off' };
    const other = await startGround(async () => ({ config: settings, inherited: {}, made: null }));
    world.onStop(() => other.stop());
    await publishAgain(world, 1_000);
    const edges = [world, other].flatMap(({ platform }) => targetsIn(platform));
    const unwatch = await watchOnly(
      world,
      edges.filter(({ job }) => job === 'cellbook-edge'),
    );
    return async () => {
      await unwatch();
      await other.stop();
    };
  },
};

export const pinProofs: readonly Proof<GpuWorld>[] = [cellMisled, edgesDiffer];
