/** Another Prometheus, that is told of these targets alone, in the place of the one that is asked. */
import { systemClock } from '@cellbook/shared/clock.ts';
import type { Target } from '../targets.ts';
import type { Ground } from './ground.ts';
import { startPrometheus } from './prometheus.ts';

export async function watchOnly(
  world: Pick<Ground, 'prometheus' | 'scratch' | 'onStop'>,
  targets: readonly Target[],
): Promise<() => Promise<void>> {
  const watched = world.prometheus;
  const other = await startPrometheus(targets, { directory: world.scratch(), clock: systemClock });
  world.onStop(() => other.stop());
  world.prometheus = other;
  return async () => {
    world.prometheus = watched;
    await other.stop();
  };
}
