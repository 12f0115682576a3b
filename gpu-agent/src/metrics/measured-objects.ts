/** What is brought to the scheduler's store and fetched from it, measured. */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { Objects } from '../objects/objects.ts';

/** From a checkpoint of a few megabytes to a result of gigabytes over a slow line. */
const seconds = [0.05, 0.2, 1, 5, 15, 60, 300, 1_200];

export function measuredObjects(objects: Objects, clock: Clock, metrics: Metrics): Objects {
  const took = metrics.histogram(
    'cellbook_gpu_agent_transfer_seconds',
    'Results and checkpoints on their way, with all tries, by direction and what came of it.',
    ['direction', 'outcome'],
    seconds,
  );
  const bytes = metrics.counter('cellbook_gpu_agent_uploaded_bytes_total', 'What was brought away.');
  async function measured<T>(
    direction: 'up' | 'down',
    signal: AbortSignal,
    work: () => Promise<T>,
  ): Promise<T> {
    const beganMs = clock.monotonicMs();
    const over = (outcome: string) =>
      took.observe({ direction, outcome }, (clock.monotonicMs() - beganMs) / 1000);
    try {
      const done = await work();
      over('ok');
      return done;
    } catch (thrown) {
      // Nobody wants it any more: its attempt is over.
      over(signal.aborted ? 'stopped' : 'failed');
      throw thrown;
    }
  }
  return {
    async upload(key, file, signal) {
      const done = await measured('up', signal, () => objects.upload(key, file, signal));
      bytes.inc(done.bytes);
      return done;
    },
    download: (key, path, signal) => measured('down', signal, () => objects.download(key, path, signal)),
  };
}
