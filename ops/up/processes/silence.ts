/**
 * Some programs live on while what they serve is gone: wrangler outlives its workerd, and then every request
 * hangs. A probe tells; one that fails by chance (a machine under load) is no reason to end anybody.
 */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';

export interface SilenceWatch {
  clock: Clock;
  /** True when it answered; a throw or a deadline of its own counts as no. */
  answers: () => Promise<boolean>;
  /** Failures in a row that are silence. */
  failuresMax?: number | undefined;
  signal: AbortSignal;
}

export const probeEveryMs = 2_000;
/** With probes that give up after 8 s, a program that hangs is called silent after 30 s, one that refuses after 6 s. */
export const failuresInRow = 3;

/** Resolves when it has not answered several times in a row; rejects when the signal aborts. */
export async function untilSilent(watch: SilenceWatch): Promise<void> {
  const { clock, answers, failuresMax = failuresInRow, signal } = watch;
  let failures = 0;
  while (failures < failuresMax) {
    await sleep(clock, probeEveryMs, signal);
    const answered = await answers().catch(() => false);
    failures = answered ? 0 : failures + 1;
  }
  signal.throwIfAborted();
}
