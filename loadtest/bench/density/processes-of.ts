/** Processes of this machine, from /proc: whose they are, what they hold and do. Those that end meanwhile hold nothing. */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Reading } from './cost.ts';

export interface Process {
  pid: number;
  parent: number;
  command: string;
  /** Its groups, a line for each hierarchy. */
  groups: string;
  /** Of processors, since it began. */
  usedMs: number;
}

/** Of one core, while the two were read. */
export type Watched = Process & { core: number };

/** Linux tells programs of time in hundredths of a second, whatever its own clock is. */
const tickMs = 10;

/** What runs at the end of `forMs`, and what each of them took of a core meanwhile; one that is new, since it began. */
export async function watchProcesses(forMs: number): Promise<Watched[]> {
  const fromMs = performance.now();
  const usedBefore = new Map((await readProcesses()).map(({ pid, usedMs }) => [pid, usedMs]));
  await sleep(forMs);
  const processes = await readProcesses();
  const tookMs = performance.now() - fromMs;
  return processes.map((one) => ({ ...one, core: (one.usedMs - (usedBefore.get(one.pid) ?? 0)) / tookMs }));
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
    const numbers = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const usedMs = (Number(numbers[11]) + Number(numbers[12])) * tickMs;
    return {
      ...{ pid, parent: Number(numbers[1]), groups, usedMs },
      command: command.replaceAll('\0', ' ').trim(),
    };
  } catch {
    return null;
  }
}

/** A process and all below it. */
export function familyOf<One extends Process>(all: readonly One[], pid: number): One[] {
  const family = all.filter((one) => one.pid === pid);
  for (const one of family) family.push(...all.filter(({ parent }) => parent === one.pid));
  return family;
}

/**
 * Processes without a command line are gVisor's stubs: they share the open files of their sentry, and some of them
 * their memory with each other, which then reads alike. What is shared counts once.
 */
export async function holdings(processes: readonly Watched[]): Promise<Reading> {
  const isStub = ({ command }: Process) => command === '';
  const named = processes.filter((one) => !isStub(one));
  const memories = await Promise.all(named.map(memoryOf));
  const stubs = new Set(await Promise.all(processes.filter(isStub).map(memoryOf)));
  const descriptors = await Promise.all(named.map(descriptorsOf));
  return {
    memoryBytes: sum([...memories, ...stubs].map(pssIn)),
    processes: processes.length,
    descriptors: sum(descriptors),
    core: sum(processes.map(({ core }) => core)),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

const memoryOf = ({ pid }: Process): Promise<string> =>
  readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');

const pssIn = (rollup: string): number => Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) * 1024;

const descriptorsOf = async ({ pid }: Process): Promise<number> =>
  (await readdir(`/proc/${pid}/fd`).catch(() => [])).length;
