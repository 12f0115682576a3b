/**
 * What /proc says about processes. A pid alone names nothing for long (the kernel reuses them), so a process
 * is identified by its pid, the tick it started at and the boot it started in.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { z } from 'zod';

export const processIdentitySchema = z.object({
  pid: z.int().positive(),
  startTicks: z.string(),
  bootId: z.string(),
});
export type ProcessIdentity = z.infer<typeof processIdentitySchema>;

/** The identity of a live process, or null when there is none (a zombie counts as none). */
export function identityOf(pid: number): ProcessIdentity | null {
  const fields = statFields(pid);
  return !fields || fields.state === 'Z' || fields.state === 'X' ? null : identityOfStarted(pid);
}

/** The identity of a process that may have ended, as long as its parent has not yet taken note of it. */
export function identityOfStarted(pid: number): ProcessIdentity | null {
  const fields = statFields(pid);
  return fields && { pid, startTicks: fields.startTicks, bootId: bootId() };
}

export function isAlive(identity: ProcessIdentity): boolean {
  const now = identityOf(identity.pid);
  return now !== null && now.startTicks === identity.startTicks && now.bootId === identity.bootId;
}

/** True while any process of the group is neither gone nor a zombie. */
export function isGroupAlive(groupId: number): boolean {
  return allPids().some((pid) => {
    const fields = statFields(pid);
    return fields !== null && fields.groupId === groupId && fields.state !== 'Z' && fields.state !== 'X';
  });
}

/** Live processes that were started with `NAME=value` in their environment; those of other users are not seen. */
export function pidsWithEnvironment(name: string, value: string): number[] {
  const wanted = `${name}=${value}`;
  return allPids().filter((pid) => {
    if (identityOf(pid) === null) return false;
    return readOr(`/proc/${pid}/environ`, '').split('\0').includes(wanted);
  });
}

export function workingDirectoryOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}

/** Live processes whose working directory it is. */
export function pidsWorkingIn(directory: string): number[] {
  return allPids().filter((pid) => workingDirectoryOf(pid) === directory && identityOf(pid) !== null);
}

/** The process itself, its parent, and so on up. */
export function ancestryOf(pid: number): number[] {
  const line: number[] = [];
  for (let at: number | undefined = pid; at && !line.includes(at); at = statFields(at)?.parentId)
    line.push(at);
  return line;
}

function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function statFields(
  pid: number,
): { state: string; parentId: number; groupId: number; startTicks: string } | null {
  const stat = readOr(`/proc/${pid}/stat`, '');
  // The command name in parentheses may itself hold spaces and parentheses: count fields from the last one.
  const rest = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent, group] = rest;
  const startTicks = rest[19];
  if (!state || !parent || !group || !startTicks) return null;
  return { state, parentId: Number(parent), groupId: Number(group), startTicks };
}

function bootId(): string {
  return readOr('/proc/sys/kernel/random/boot_id', 'unknown').trim();
}

function readOr(path: string, fallback: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return fallback;
  }
}
