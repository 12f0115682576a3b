import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Egress } from '../../egress/egress.ts';
import type { HostedSandbox, SandboxDriver } from '../../sandbox/driver.ts';
import { createGvisorDriverWith } from '../../sandbox/gvisor/driver.ts';
import type { Connect } from '../../sandbox/host/child-driver.ts';
import { createProcessDriverWith } from '../../sandbox/process/driver.ts';
import type { DaemonTools } from './daemon.ts';
import type { DaemonConfig } from './daemon-config.ts';

/** The driver that the configuration names, with links that end where `connect` says. */
export async function openDriver<Hosted extends HostedSandbox>(
  { driver, runscPath, imageDirectory, python, pool }: DaemonConfig,
  { clock, log, random }: DaemonTools,
  stateDirectory: string,
  egress: Egress | null,
  connect: Connect<Hosted>,
): Promise<SandboxDriver<Hosted>> {
  if (driver === 'process') {
    const chosen = python === null ? {} : { python };
    return createProcessDriverWith({ stateDirectory, clock, log, ...chosen }, connect);
  }
  if (imageDirectory !== null)
    return createGvisorDriverWith(
      { runscPath, imageDirectory, stateDirectory, clock, random, egress, makesAhead: pool, log },
      connect,
    );
  throw new CellbookError('bad_request', {
    doing: 'starting the gvisor driver',
    problem: 'CELLBOOK_IMAGE_DIR is not set',
    next: 'Name a built image; `npm start` builds one and sets it.',
  });
}
