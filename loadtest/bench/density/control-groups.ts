/**
 * The control groups of a platform's sandboxes, as its host daemon makes them: one for each sandbox, below one of the
 * host's own. They count what the kernel has charged: pages of processes, tmpfs, and the kernel's own.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Process } from './processes-of.ts';

const mount = '/sys/fs/cgroup';
const isOne = existsSync(join(mount, 'cgroup.controllers'));
const root = isOne ? mount : join(mount, 'memory');
const hierarchy = isOne ? /^0::(.+)$/m : /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.+)$/m;

const groupOf = ({ groups }: Process): string => hierarchy.exec(groups)?.[1] ?? '/';

/** Where a host's sandboxes have their groups: told by a process that runs in one. */
export function parentGroup(all: readonly Process[], home: string): string {
  const inside = all.find(
    (one) => one.command.includes(home) && /^\/cellbook-[^/]+\/[^/]+$/.test(groupOf(one)),
  );
  if (!inside) throw new Error('no sandbox of the platform runs');
  return groupOf(inside).split('/').slice(0, 2).join('/');
}

export const inGroup = <One extends Process>(all: readonly One[], parent: string): One[] =>
  all.filter((one) => groupOf(one).startsWith(`${parent}/`));

export interface GroupMemory {
  groups: number;
  memoryBytes: number;
  kernelBytes: number;
}

export async function groupMemory(parent: string): Promise<GroupMemory> {
  const entries = await readdir(join(root, parent), { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const each = await Promise.all(names.map((name) => memoryIn(join(root, parent, name))));
  const sum = (of: (one: { all: number; kernel: number }) => number) =>
    each.reduce((total, one) => total + of(one), 0);
  return {
    groups: names.length,
    memoryBytes: sum(({ all }) => all),
    kernelBytes: sum(({ kernel }) => kernel),
  };
}

/** Without page cache, which goes when somebody needs its place. */
async function memoryIn(directory: string): Promise<{ all: number; kernel: number }> {
  const read = (file: string) => readFile(join(directory, file), 'utf8').catch(() => '');
  const [used, kernel, stat] = await Promise.all([
    read(isOne ? 'memory.current' : 'memory.usage_in_bytes'),
    isOne ? '' : read('memory.kmem.usage_in_bytes'),
    read('memory.stat'),
  ]);
  const inStat = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0);
  const cache = isOne
    ? inStat('inactive_file') + inStat('active_file')
    : inStat('total_inactive_file') + inStat('total_active_file');
  return { all: Number(used) - cache, kernel: isOne ? inStat('kernel') : Number(kernel) };
}
