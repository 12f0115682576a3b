/** What a platform holds at a moment: its sandboxes by their control groups, the programs around them by their processes. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { BenchPlatform } from '../platform/start.ts';
import { runToEnd } from '../processes.ts';
import { groupMemory, inGroup } from './control-groups.ts';
import type { Snapshot } from './cost.ts';
import { familyOf, holdings, readProcesses, type Watched, watchProcesses } from './processes-of.ts';

const recordSchema = z.object({ pid: z.int().positive() });

/** Long against a hundredth of a second, in which times of processors are told. */
const watchMs = 15_000;

/** `parent`: the group below which the sandboxes have theirs. */
export async function takeSnapshot(platform: BenchPlatform, parent: string): Promise<Snapshot> {
  const { directory, cellId } = platform;
  const all = await watchProcesses(watchMs);
  const inside = inGroup(all, parent);
  const isInside = new Set(inside.map(({ pid }) => pid));
  const around = async (name: string, which: (one: Watched) => boolean = () => true) => {
    const family = familyOf(all, await pidOf(platform, name));
    return holdings(family.filter((one) => !isInside.has(one.pid) && which(one)));
  };
  const [sandboxes, groups, host, cell, edge, hostDiskBytes, storeDiskBytes] = await Promise.all([
    holdings(inside),
    groupMemory(parent),
    around(`host-${cellId}-a`),
    around(`cell-${cellId}`),
    // Wrangler around it is no part of an edge elsewhere.
    around('edge', ({ command }) => command.includes('/workerd ')),
    diskOf(join(directory, 'cells', cellId, 'hosts')),
    diskOf(join(directory, 'objects')),
  ]);
  return {
    sandboxes: { ...sandboxes, memoryBytes: groups.memoryBytes },
    ...{ kernelBytes: groups.kernelBytes, pssBytes: sandboxes.memoryBytes },
    ...{ host, cell, edge, hostDiskBytes, storeDiskBytes },
  };
}

/** Throws where anything of a sandbox is left: a group, a process, memory. */
export async function assertNothingRuns(platform: BenchPlatform, parent: string): Promise<void> {
  const all = await readProcesses();
  const left = [
    ...inGroup(all, parent),
    ...all.filter(({ command }) => command.includes('runsc') && command.includes(platform.directory)),
  ];
  const { groups, memoryBytes } = await groupMemory(parent);
  if (left.length === 0 && groups === 0 && memoryBytes === 0) return;
  const names = left.map(({ pid, command }) => `${pid} ${command.slice(0, 80)}`).join('; ');
  throw new Error(
    `of suspended workspaces ${groups} groups, ${memoryBytes} bytes and processes are left: ${names}`,
  );
}

async function pidOf({ directory }: BenchPlatform, name: string): Promise<number> {
  return recordSchema.parse(JSON.parse(await readFile(join(directory, 'run', `${name}.json`), 'utf8'))).pid;
}

/** Blocks in use; not of what is mounted there, whose image files lie there too. */
async function diskOf(directory: string): Promise<number> {
  const said = await runToEnd('du', ['-s', '-x', '--block-size=1', directory]);
  return z.coerce.number().int().parse(said.trim().split('\n').at(-1)?.split('\t')[0]);
}
