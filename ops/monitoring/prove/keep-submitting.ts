/** People who hand GPU jobs in, as parts of causes. */
import { systemClock } from '@cellbook/shared/clock.ts';
import type { Asker } from './asker.ts';
import { errandOf } from './errand.ts';
import { regionId } from './gpu-world.ts';
import { keepDoing } from './proof.ts';

const shown = { width: 64, height: 64, fps: 10, steps: 2 };
export const videoOf = (prompt: string, parameters: object) => ({
  task: { kind: 'video', prompt, parameters: { ...shown, ...parameters } },
  regions: [regionId],
});

export const errandHere = (seconds: number, gpus = 1) => errandOf(seconds, { gpus, regions: [regionId] });

/** Nothing of it runs: of what is about handing in alone. */
export const later = (job: object = errandHere(1)) => ({
  ...job,
  notBefore: new Date(systemClock.nowMs() + 3_600_000).toISOString(),
});

/** One job of each again and again, and all that were taken are cancelled in the end, by whom they are. */
export function keepSubmitting(
  askers: readonly Asker[],
  jobOf: () => object,
  { pauseMs, eachMax = 400 }: { pauseMs: number; eachMax?: number },
): () => Promise<void> {
  const stops = askers.map((asker) => {
    const ids: string[] = [];
    const stop = keepDoing(async () => {
      const id = ids.length < eachMax ? await asker.submit(jobOf()) : null;
      if (id !== null) ids.push(id);
    }, pauseMs);
    return async () => {
      await stop();
      for (const id of ids) await asker.ask('POST', `/v1/jobs/${id}/cancel`);
    };
  });
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}
