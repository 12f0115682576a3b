/** Which program used the processor meanwhile: time of a process and of all its children, from /proc. */
import { readdir, readFile } from 'node:fs/promises';
import { cpus } from 'node:os';

/** USER_HZ, which is 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** Seconds of processor time so far. */
export async function processorSeconds(pids: readonly number[]): Promise<number> {
  let ticks = 0;
  for (const pid of pids) {
    const fields = await statOf(pid);
    if (fields) ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / ticksPerSecond;
}

/** Of all programs together, whoever started them. */
export function machineSeconds(): number {
  const busyMs = cpus().map(({ times }) => times.user + times.nice + times.sys + times.irq);
  return busyMs.reduce((sum, ms) => sum + ms, 0) / 1_000;
}

/** The parent of a process: of a Postgres backend, the server itself. */
export async function parentOf(pid: number): Promise<number> {
  return Number((await statOf(pid))?.[1]);
}

/** A process's children, by their parent's id: a server's workers do not carry its arguments. */
export async function familyOf(pids: readonly number[]): Promise<number[]> {
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const family = new Set(pids);
  for (let grown = true; grown; ) {
    grown = false;
    for (const pid of all) {
      if (family.has(pid)) continue;
      const parent = Number((await statOf(pid))?.[1]);
      if (!family.has(parent)) continue;
      family.add(pid);
      grown = true;
    }
  }
  return [...family];
}

/** The fields after the command's name, the state first. */
async function statOf(pid: number): Promise<string[] | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return text === null ? null : text.slice(text.lastIndexOf(')') + 2).split(' ');
}
