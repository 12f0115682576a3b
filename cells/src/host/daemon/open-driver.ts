import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Egress } from '../../egress/egress.ts';
import type { SandboxDriver } from '../../sandbox/driver.ts';
import { createGvisorDriverWith } from '../../sandbox/gvisor/driver.ts';
import { createProcessDriverWith } from '../../sandbox/process/driver.ts';
import { connectPort, type PortedSandbox } from './connect-port.ts';
import type { DaemonTools } from './daemon.ts';
import type { DaemonConfig } from './daemon-config.ts';

/** The driver that the configuration names, with links that end in a controller elsewhere. */
export async function openDriver(
  { driver, runscPath, imageDirectory, python }: DaemonConfig,
  { clock, log, random }: DaemonTools,
  stateDirectory: string,
  egress: Egress | null,
): Promise<SandboxDriver<PortedSandbox>> {
  if (driver === 'process') {
    const chosen = python === null ? {} : { python };
    return createProcessDriverWith({ stateDirectory, clock, log, ...chosen }, connectPort);
  }
  if (imageDirectory !== null)
    return createGvisorDriverWith(
      { runscPath, imageDirectory, stateDirectory, clock, random, egress },
      connectPort,
    );
  throw new CellbookError('bad_request', {
    doing: 'starting the gvisor driver',
    problem: 'CELLBOOK_IMAGE_DIR is not set',
    next: 'Name a built image; `npm start` builds one and sets it.',
  });
}
