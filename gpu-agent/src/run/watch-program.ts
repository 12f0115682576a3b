/** What is done again and again while a program runs: its checkpoints are looked at and asked for, its faults found. */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { RunningProgram } from './running-program.ts';
import type { Fault } from './watchdog.ts';

export interface Watching {
  clock: Clock;
  log: Logger;
  checkpoints: Pick<Checkpoints, 'look'>;
  /** False: it is asked to stop, or has none. */
  mayAskToSave(): boolean;
  deviceProblem(): string;
  /** Something may have changed that a successor would like to know. */
  note(): void;
  /** Told once. */
  faulty(fault: Fault): void;
}

/** Until it has ended. */
export async function watchProgram(program: RunningProgram, watching: Watching): Promise<void> {
  const { clock, log, checkpoints } = watching;
  const { everyMs, noteEveryMs } = limits.gpuAgent.run;
  let notedMs = 0;
  let isFaulty = false;
  for (let ranMs = 0; !program.ended; ranMs = program.ranMs()) {
    await sleep(clock, everyMs, program.over).catch(() => undefined);
    if (program.ended) return;
    await checkpoints.look(ranMs).catch((error) => log.warn({ err: error }, 'looking for a checkpoint'));
    if (watching.mayAskToSave()) program.askToSave();
    if (ranMs - notedMs >= noteEveryMs) {
      notedMs = ranMs;
      watching.note();
    }
    const fault = program.judge(watching.deviceProblem());
    if (!fault || isFaulty) continue;
    isFaulty = true;
    log.warn({ fault }, 'a program is stopped');
    watching.faulty(fault);
  }
}
