import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '../up/home.ts';

/** Where a running workspace's files lie on this machine. */
export function workspaceFolder(home: Home, cellId: string, workspaceId: string): string {
  const folder = join(home.cell(cellId), 'host', 'homes', workspaceId, 'files');
  if (!existsSync(folder)) throw new Error(`there is no ${folder}: does the workspace run?`);
  return folder;
}
