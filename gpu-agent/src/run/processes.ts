/**
 * Processes by what the kernel says of them. A pid names nothing for long: a process is known by its pid, the tick it
 * started at, and the boot it started in.
 */
import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';

export const identitySchema = z.object({
  pid: z.int().positive(),
  startTicks: z.string(),
  bootId: z.string(),
});
export type Identity = z.infer<typeof identitySchema>;

/** Null where there is none, or only what its parent has not yet taken note of. */
export function identityOf(pid: number): Identity | null {
  const stat = statOf(pid);
  return stat && !isDead(stat) ? { pid, startTicks: stat.startTicks, bootId: bootId() } : null;
}

/** What one attempt's processes are found by: each way alone finds those that slipped through another. */
export interface Marks {
  /** Leader of its group and session. */
  leader: Identity | null;
  /** `cgroup.procs` files. */
  processLists: readonly string[];
  /** `NAME=value` that only its environment has. */
  variable: string;
}

export const marksOf = (attemptId: string, pid: number, processLists: readonly string[]): Marks => ({
  ...{ leader: identityOf(pid), processLists, variable: `CELLBOOK_ATTEMPT_ID=${attemptId}` },
});

export function livePids({ leader, processLists, variable }: Marks): number[] {
  const listed = processLists.flatMap((path) => read(path).split('\n').filter(Boolean).map(Number));
  // A group outlives its leader, and its number is not given away while it does; of another boot it is another group.
  const group = leader !== null && leader.bootId === bootId() && !isReused(leader) ? leader.pid : null;
  const found = allPids().filter((pid) => {
    const stat = statOf(pid);
    if (!stat || isDead(stat)) return false;
    if (group !== null && (stat.group === group || stat.session === group)) return true;
    const environment = ofAnyThread(pid, 'environ', (text) => text !== '');
    return environment.split('\0').includes(variable);
  });
  const alive = listed.filter((pid) => !found.includes(pid) && identityOf(pid) !== null);
  return [...found, ...alive].filter((pid) => pid > 1 && pid !== process.pid);
}

/** Those that are cheap to find, for looking at them often: of its control group, else of its group and session. */
export function groupPids({ leader, processLists }: Marks): number[] {
  const [first] = processLists;
  if (first !== undefined) return read(first).split('\n').filter(Boolean).map(Number);
  return allPids().filter((pid) => {
    const stat = statOf(pid);
    return stat !== null && leader !== null && (stat.group === leader.pid || stat.session === leader.pid);
  });
}

/** Kills them until none is left; false where some do not end, which only the kernel can do. */
export async function killAll(marks: Marks, clock: Clock): Promise<boolean> {
  const untilMs = clock.monotonicMs() + limits.gpuAgent.run.killedMs;
  for (;;) {
    const pids = livePids(marks);
    if (pids.length === 0) return true;
    for (const path of marks.processLists) killGroup(path);
    for (const pid of pids) signal(pid, 'SIGKILL');
    if (clock.monotonicMs() >= untilMs) return false;
    await sleep(clock, 10);
  }
}

/** All at once, also those that are being made just now; control groups of version 1 have no such file. */
function killGroup(processList: string): void {
  try {
    const file = openSync(join(dirname(processList), 'cgroup.kill'), 'w');
    try {
      writeSync(file, '1');
    } finally {
      closeSync(file);
    }
  } catch {
    // They are killed one by one.
  }
}

/** Resident memory of all of them, MiB. */
export function memoryMibOf(pids: readonly number[]): number {
  const pages = pids.map((pid) => {
    const text = ofAnyThread(pid, 'statm', (found) => !found.startsWith('0 '));
    return Number(text.split(' ')[1] ?? 0);
  });
  return pages.reduce((sum, count) => sum + count, 0) / 256;
}

/** Whether it has a handler for the signal of that number; one that has none ends by it. */
export function catches(pid: number, number: number): boolean {
  const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? '0';
  return ((BigInt(`0x${mask}`) >> BigInt(number - 1)) & 1n) === 1n;
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended meanwhile.
  }
}

const isReused = ({ pid, startTicks }: Identity): boolean => {
  const now = statOf(pid);
  return now !== null && now.startTicks !== startTicks;
};

/** A process whose first thread has ended looks like one that has ended, and its other threads run on. */
const isDead = ({ state, threads }: Stat): boolean => (state === 'Z' && threads <= 1) || state === 'X';

/** Once its first thread has ended only the others have memory and an environment. */
function ofAnyThread(pid: number, file: 'environ' | 'statm', isThere: (text: string) => boolean): string {
  const text = read(`/proc/${pid}/${file}`);
  if (isThere(text) || statOf(pid)?.state !== 'Z') return text;
  const others = list(`/proc/${pid}/task`).map((thread) => read(`/proc/${pid}/task/${thread}/${file}`));
  return others.find(isThere) ?? '';
}

const allPids = (): number[] =>
  list('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

interface Stat {
  state: string;
  group: number;
  session: number;
  threads: number;
  startTicks: string;
}

function statOf(pid: number): Stat | null {
  const stat = read(`/proc/${pid}/stat`);
  // The name in parentheses may hold spaces and parentheses itself: fields count from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, , group, session] = fields;
  const startTicks = fields[19];
  if (state === undefined || startTicks === undefined) return null;
  return { state, group: Number(group), session: Number(session), threads: Number(fields[17]), startTicks };
}

export const bootId = (): string => read('/proc/sys/kernel/random/boot_id').trim();

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
