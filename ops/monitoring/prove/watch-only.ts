/** Another Prometheus, that is told of these targets alone, in the place of the one that is asked. */
import { systemClock } from '@cellbook/shared/clock.ts';
import type { Target } from '../targets.ts';
import type { Ground } from './ground.ts';
import { startPrometheus } from './prometheus.ts';

export async function watchOnly(
  world: Pick<Ground, 'prometheus' | 'scratch'>,
  targets: readonly Target[],
): Promise<() => Promise<void>> {
  const watched = world.prometheus;
  world.prometheus = await startPrometheus(targets, { directory: world.scratch(), clock: systemClock });
  return async () => {
    await world.prometheus.stop();
    world.prometheus = watched;
  };
}
