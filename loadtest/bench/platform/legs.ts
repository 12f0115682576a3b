/** The two ways to the same workspace: at the cell's own port, and through the edge. */
import { limits } from '@cellbook/shared/limits.ts';
import { echoKernelName } from '../echo-kernel/kernelspec.ts';
import { jupyterServerLeg } from '../legs/jupyter-server.ts';
import type { Leg } from '../measure/clients.ts';
import type { Person } from './person.ts';
import type { BenchWorkspace } from './workspace.ts';

const nothingToStop = async () => undefined;

export function cellLeg(workspace: BenchWorkspace, person: Person): Leg {
  return jupyterServerLeg({
    name: 'cell',
    baseUrl: workspace.cellUrl,
    kernelspec: echoKernelName,
    headers: person.cellHeaders,
    stop: nothingToStop,
  });
}

export function edgeCellLeg(
  name: 'edgeCell' | 'edgeCellUnheld' | 'edgeCellGvisor',
  workspace: BenchWorkspace,
  person: Person,
): Leg {
  return jupyterServerLeg({
    name,
    // A socket with more to it than an object keeps goes straight to the cell, as all do with CELLBOOK_PARKING=off.
    ...(name === 'edgeCellUnheld' && { query: `?pad=${'x'.repeat(limits.parking.heldBytesMax)}` }),
    baseUrl: workspace.edgeUrl,
    kernelspec: echoKernelName,
    headers: person.edgeHeaders,
    stop: nothingToStop,
  });
}
