/**
 * A control group for each attempt, of whichever version the host has, where the agent may make one: what holds a program
 * to its memory, its number of processes and (version 1) its own devices, and what finds every process of it, however it
 * hid. Where none can be made programs run without: memory is then watched from outside, processes are found by their
 * group and their environment, and devices are only named to them.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { limits } from '@cellbook/shared/limits.ts';

export interface GroupLimits {
  memoryMibMax: number;
  /** Minor numbers of the NVIDIA devices it may open; null: not held to any. */
  minors: readonly number[] | null;
}

export interface Group {
  /** Files that a process writes its own pid into. */
  processLists: string[];
  /** How often the kernel ended one of it for want of memory. */
  outOfMemoryKills(): number;
  /** Once no process is left in it. */
  remove(): void;
}

export interface Groups {
  /** For people: what holds programs here. */
  readonly holds: string;
  make(name: string, limits: GroupLimits): Group;
  /** One that an earlier agent made, or made just now. */
  open(name: string): Group;
  names(): string[];
  /** Takes its own directory away, where nothing is left in it. */
  close(): void;
}

type Controller = 'memory' | 'pids' | 'devices';

/** What is written, in this order. Devices: all of NVIDIA's are denied but its own and those that every program needs. */
export function groupFiles(
  version: 1 | 2,
  { memoryMibMax, minors }: GroupLimits,
): [Controller, string, string][] {
  const memory = String(memoryMibMax * 2 ** 20);
  const pids: [Controller, string, string] = ['pids', 'pids.max', String(limits.gpuAgent.run.pidsMax)];
  if (version === 2) return [['memory', 'memory.max', memory], ['memory', 'memory.swap.max', '0'], pids];
  const devices =
    minors === null
      ? []
      : [
          'devices.deny c 195:* rwm',
          ...[...minors, 254, 255].map((minor) => `devices.allow c 195:${minor} rw`),
        ];
  return [
    ['memory', 'memory.limit_in_bytes', memory],
    ['memory', 'memory.memsw.limit_in_bytes', memory],
    pids,
    ...devices.map((line): [Controller, string, string] => {
      const [file = '', ...rule] = line.split(' ');
      return ['devices', file, rule.join(' ')];
    }),
  ];
}

/** Kernels without swap have nothing to limit it by. */
const optional = new Set(['memory.swap.max', 'memory.memsw.limit_in_bytes']);

/** Of this agent alone: platforms side by side have hosts of the same names. */
export const groupsName = (hostId: string, dataDirectory: string): string =>
  `cellbook-gpu-${hostId}-${createHash('sha256').update(dataDirectory).digest('hex').slice(0, 12)}`;

/** Tries one, and gives groups that are none where that fails. */
export function openGroups(parent: string, mount = '/sys/fs/cgroup'): Groups {
  const version = existsSync(join(mount, 'cgroup.controllers')) ? 2 : 1;
  const groups = groupsOf(version, parent, mount);
  try {
    groups.make('trial', { memoryMibMax: 64, minors: null }).remove();
    return groups;
  } catch {
    return noGroups;
  }
}

const noGroups: Groups = {
  holds: 'no control groups: memory is watched from outside, devices are only named',
  make: () => noGroup,
  open: () => noGroup,
  names: () => [],
  close: () => undefined,
};
const noGroup: Group = { processLists: [], outOfMemoryKills: () => 0, remove: () => undefined };

function groupsOf(version: 1 | 2, parent: string, mount: string): Groups {
  const roots: Record<Controller, string> =
    version === 2
      ? { memory: mount, pids: mount, devices: mount }
      : { memory: join(mount, 'memory'), pids: join(mount, 'pids'), devices: join(mount, 'devices') };
  const directories = (name: string) =>
    [...new Set(Object.values(roots))].map((root) => join(root, parent, name));
  const open = (name: string): Group => ({
    processLists: directories(name).map((directory) => join(directory, 'cgroup.procs')),
    outOfMemoryKills() {
      const path = join(roots.memory, parent, name, version === 2 ? 'memory.events' : 'memory.oom_control');
      const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
      return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
    },
    remove() {
      for (const directory of directories(name)) if (existsSync(directory)) rmdirSync(directory);
    },
  });
  return {
    holds: `control groups of version ${version}: memory, processes${version === 1 ? ' and devices' : '; devices are only named'}`,
    make(name, wanted) {
      if (version === 2) delegate(mount, parent);
      for (const directory of directories(name)) mkdirSync(directory, { recursive: true });
      for (const [controller, file, value] of groupFiles(version, wanted))
        try {
          writeFileSync(join(roots[controller], parent, name, file), value);
        } catch (thrown) {
          if (!optional.has(file)) throw thrown;
        }
      return open(name);
    },
    open,
    names() {
      const directory = join(roots.pids, parent);
      if (!existsSync(directory)) return [];
      return readdirSync(directory, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name);
    },
    close() {
      for (const root of new Set(Object.values(roots)))
        try {
          rmdirSync(join(root, parent));
        } catch {
          // Something is in it still, or it was never made.
        }
    },
  };
}

function delegate(mount: string, parent: string): void {
  mkdirSync(join(mount, parent), { recursive: true });
  for (const directory of [mount, join(mount, parent)])
    writeFileSync(join(directory, 'cgroup.subtree_control'), '+memory +pids');
}
