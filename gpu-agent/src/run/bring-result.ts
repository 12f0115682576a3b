/** What a program made, on its way to the store. */
import { join } from 'node:path';
import type { Logger } from '@cellbook/shared/log.ts';
import { resultKeyOf } from '@cellbook/shared/protocol/agent-objects-api.ts';
import type { RunOrder } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import type { Objects } from '../objects/objects.ts';
import type { Binary } from './binaries.ts';
import { hostFault, type Outcome } from './classify-end.ts';
import type { JobFolder } from './job-folder.ts';
import { openInside } from './open-inside.ts';

export interface ResultTools {
  objects: Objects;
  log: Logger;
  signal: AbortSignal;
  isCancelled(): boolean;
}

export async function bringResult(
  { jobId, attemptId }: RunOrder,
  binary: Binary,
  folder: JobFolder,
  { objects, log, signal, isCancelled }: ResultTools,
): Promise<Outcome> {
  const key = resultKeyOf(jobId, attemptId, binary.result);
  const file = await openInside(join(folder.output, binary.result), folder.work);
  if (!file) return { kind: 'failed', class: 'bad_output', detail: 'its result went away' };
  try {
    const { bytes } = await objects.upload(key, file, signal);
    return { kind: 'succeeded', resultKey: key, bytes };
  } catch (thrown) {
    if (isCancelled()) return { kind: 'cancelled' };
    log.error({ err: thrown }, 'a result could not be brought away');
    return hostFault('its result could not be brought to the store');
  } finally {
    await file.close();
  }
}
