/**
 * From the end of a program to the outcome of its attempt: what the end means, and what the program left brought away.
 * What it made is on disk for good before its end is written down, so that an agent that comes after can go on from here.
 */
import { join } from 'node:path';
import type { Logger } from '@cellbook/shared/log.ts';
import type { RunOrder } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import type { Objects } from '../objects/objects.ts';
import type { Binary } from './binaries.ts';
import { bringResult } from './bring-result.ts';
import { resultProblem } from './check-result.ts';
import type { Checkpoints } from './checkpoints.ts';
import { classifyEnd, exitCodes, type Outcome, type ProgramEnd, type StopReason } from './classify-end.ts';
import type { Confinement } from './confinement.ts';
import type { JobFolder } from './job-folder.ts';
import { openInside } from './open-inside.ts';

export interface Finishing {
  order: RunOrder;
  binary: Binary;
  folder: JobFolder;
  checkpoints: Checkpoints;
  confinement: Confinement;
  objects: Objects;
  log: Logger;
  signal: AbortSignal;
  /** Why it was asked to stop, by now. */
  stopped(): StopReason | null;
}

export async function finish(end: ProgramEnd, finishing: Finishing): Promise<Outcome> {
  const { order, binary, folder, checkpoints, confinement, objects, log, signal, stopped } = finishing;
  const problem = looksDone(end) ? await resultProblem(binary, folder, confinement) : '';
  const outcome = classifyEnd({
    ...{ ...end, stopped: stopped(), resultProblem: problem, diskFull: folder.isDiskFull() },
  });
  if (outcome.kind === 'succeeded')
    return bringResult(order, binary, folder, {
      ...{ objects, log, signal, isCancelled: () => stopped() === 'cancelled' },
    });
  await checkpoints.settled();
  return outcome;
}

/** Throws where the disk does not take it: then it is not there for a successor. */
export async function settleResult(end: ProgramEnd, binary: Binary, folder: JobFolder): Promise<void> {
  if (!looksDone(end)) return;
  const file = await openInside(join(folder.output, binary.result), folder.work);
  await file?.sync().finally(() => file.close());
}

const looksDone = ({ exitCode, signal, fault }: ProgramEnd): boolean =>
  exitCode === exitCodes.done && signal === 0 && !fault;
