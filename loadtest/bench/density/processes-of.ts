/** Processes of this machine, from /proc: whose they are, and what they hold. Those that end meanwhile hold nothing. */
import { readdir, readFile } from 'node:fs/promises';
import type { Reading } from './cost.ts';

export interface Process {
  pid: number;
  parent: number;
  command: string;
  /** Its groups, a line for each hierarchy. */
  groups: string;
}

export async function readProcesses(): Promise<Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  return (await Promise.all(pids.map(readProcess))).filter((one) => one !== null);
}

async function readProcess(pid: number): Promise<Process | null> {
  const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8');
  try {
    const [stat, command, groups] = await Promise.all([read('stat'), read('cmdline'), read('cgroup')]);
    // The name may hold anything, brackets too: what follows the last one is numbers.
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return { pid, parent, command: command.replaceAll('\0', ' ').trim(), groups };
  } catch {
    return null;
  }
}

/** A process and all below it. */
export function familyOf(all: readonly Process[], pid: number): Process[] {
  const family = all.filter((one) => one.pid === pid);
  for (const one of family) family.push(...all.filter(({ parent }) => parent === one.pid));
  return family;
}

/**
 * Processes without a command line are gVisor's stubs: they share the open files of their sentry, and some of them
 * their memory with each other, which then reads alike. What is shared counts once.
 */
export async function holdings(processes: readonly Process[]): Promise<Reading> {
  const isStub = ({ command }: Process) => command === '';
  const named = processes.filter((one) => !isStub(one));
  const memories = await Promise.all(named.map(memoryOf));
  const stubs = new Set(await Promise.all(processes.filter(isStub).map(memoryOf)));
  const descriptors = await Promise.all(named.map(descriptorsOf));
  return {
    memoryBytes: sum([...memories, ...stubs].map(pssIn)),
    processes: processes.length,
    descriptors: sum(descriptors),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

const memoryOf = ({ pid }: Process): Promise<string> =>
  readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');

const pssIn = (rollup: string): number => Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) * 1024;

const descriptorsOf = async ({ pid }: Process): Promise<number> =>
  (await readdir(`/proc/${pid}/fd`).catch(() => [])).length;
