import { CellbookError } from '@cellbook/shared/errors.ts';
import type { CellTools } from '../cell.ts';
import type { CellConfig } from '../config.ts';
import type { Egress } from '../egress/egress.ts';
import type { SandboxDriver } from '../sandbox/driver.ts';
import { createGvisorDriver } from '../sandbox/gvisor/driver.ts';
import { readImage, type SandboxImage } from '../sandbox/image.ts';
import { NoSandboxes } from '../sandbox/none/driver.ts';
import { createProcessDriver } from '../sandbox/process/driver.ts';

export interface SandboxPart {
  driver: SandboxDriver;
  /** Null where sandboxes see the host itself. */
  image: SandboxImage | null;
}

/** The driver that the configuration names; isolation is never left out unasked. */
export async function openSandboxes(
  { sandbox }: CellConfig,
  { clock, log, random }: CellTools,
  stateDirectory: string,
  egress: Egress | null,
): Promise<SandboxPart> {
  if (sandbox.driver === 'none') return { driver: new NoSandboxes(log), image: null };
  if (sandbox.driver === 'process') {
    const python = sandbox.python === null ? {} : { python: sandbox.python };
    return { driver: await createProcessDriver({ stateDirectory, clock, log, ...python }), image: null };
  }
  if (sandbox.imageDirectory === null) {
    throw new CellbookError('bad_request', {
      doing: 'starting the gvisor driver',
      problem: 'CELLBOOK_IMAGE_DIR is not set',
      next: 'Name a built image; `npm start` builds one and sets it.',
    });
  }
  const { runscPath, imageDirectory } = sandbox;
  const driver = await createGvisorDriver({
    runscPath,
    imageDirectory,
    stateDirectory,
    clock,
    random,
    egress,
  });
  return { driver, image: await readImage(imageDirectory) };
}
