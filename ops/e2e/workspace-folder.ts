import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '../up/home.ts';

/** Where a running workspace's files lie on this machine: at a host of the cell that it lives in. */
export function workspaceFolder(home: Home, workspaceId: string): string {
  const folder = hostDirectories(home)
    .map((host) => join(host, 'homes', workspaceId, 'files'))
    .find((candidate) => existsSync(candidate));
  if (!folder) throw new Error(`no host below ${home.cells} has ${workspaceId}: does the workspace run?`);
  return folder;
}

/** Of hosts within a cell's own process, and of daemons. */
function hostDirectories(home: Home): string[] {
  return namesIn(home.cells).flatMap((cellId) => {
    const { data, hosts } = home.cell(cellId);
    return [join(data, 'host'), ...namesIn(hosts).map((host) => join(hosts, host, 'host'))];
  });
}

const namesIn = (directory: string): string[] => (existsSync(directory) ? readdirSync(directory) : []);
