/** What a path that a kernel printed (in a traceback) means: relative to where the kernel runs. */
import { homePath } from '../../sandbox/driver.ts';
import type { FileTree } from '../../storage/file-tree.ts';
import { findKernel } from './kernel-service.ts';
import { normalPath } from './paths.ts';
import type { WorkspaceGateway } from './workspace-gateway.ts';

/** The path inside the sandbox; null when no such file is there, 'unknown' when no such kernel is. */
export async function resolveKernelPath(
  workspace: WorkspaceGateway,
  kernelId: string,
  path: string,
): Promise<string | 'unknown' | null> {
  let directory: string;
  try {
    directory = findKernel(workspace, kernelId).record.directory;
  } catch {
    return 'unknown';
  }
  const inside = insideHome(path, directory);
  if (inside === null) return null;
  const isThere = await exists(await workspace.deps.files(workspace.id), inside);
  return isThere ? `${homePath}/${inside}` : null;
}

/** A path relative to the files' root, from where it was written; null when it leads out of them. */
export function insideHome(path: string, directory: string): string | null {
  const absolute = path.startsWith('~/') ? `${homePath}/${path.slice(2)}` : path;
  if (absolute.includes('\0')) return null;
  if (absolute.startsWith('/') && !absolute.startsWith(`${homePath}/`)) return null;
  const inside = absolute.startsWith('/') ? absolute.slice(homePath.length + 1) : `${directory}/${absolute}`;
  let depth = 0;
  for (const name of inside.split('/')) {
    if (name === '..') depth -= 1;
    else if (name !== '' && name !== '.') depth += 1;
    if (depth < 0) return null;
  }
  return normalPath(inside);
}

async function exists(files: FileTree, path: string): Promise<boolean> {
  if (path === '') return true;
  return (await files.stat(path.split('/'))) !== null;
}
