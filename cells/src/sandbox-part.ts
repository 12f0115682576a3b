import { CellbookError } from '@cellbook/shared/errors.ts';
import type { CellTools } from './cell.ts';
import type { CellConfig } from './config.ts';
import type { SandboxDriver } from './sandbox/driver.ts';
import { createGvisorDriver } from './sandbox/gvisor/driver.ts';
import { createProcessDriver } from './sandbox/process/driver.ts';

/** The driver that the configuration names; isolation is never left out unasked. */
export async function openDriver(
  { sandbox }: CellConfig,
  { clock, log }: CellTools,
  stateDirectory: string,
): Promise<SandboxDriver> {
  if (sandbox.driver === 'process') {
    const python = sandbox.python === null ? {} : { python: sandbox.python };
    return createProcessDriver({ stateDirectory, clock, log, ...python });
  }
  if (sandbox.imageDirectory === null) {
    throw new CellbookError('bad_request', {
      doing: 'starting the gvisor driver',
      problem: 'CELLBOOK_IMAGE_DIR is not set',
      next: 'Name a built image; `npm start` builds one and sets it.',
    });
  }
  const { runscPath, imageDirectory } = sandbox;
  return createGvisorDriver({ runscPath, imageDirectory, stateDirectory, clock });
}
