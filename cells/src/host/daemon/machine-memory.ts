/**
 * Whether the memory of this host's machine runs short. Places are counted by what sandboxes may take at the most, and
 * may add up to more than there is, since most take far less; where they do take it, frozen ones go first.
 */
import { readFileSync } from 'node:fs';
import { limits } from '@cellbook/shared/limits.ts';

export interface MachineMemory {
  isShort(): boolean;
}

/** A file of the kernel's own, without a disk: it is read in tens of microseconds. */
export function createMachineMemory(read: () => string = readMeminfo): MachineMemory {
  return { isShort: () => (availableShare(read()) ?? 1) < limits.ladder.memoryFreeShare };
}

const readMeminfo = (): string => readFileSync('/proc/meminfo', 'utf8');

/** Of all memory, what can be had without swapping; null where the kernel does not say. */
export function availableShare(meminfo: string): number | null {
  const [total, available] = ['MemTotal', 'MemAvailable'].map((name) => kibOf(meminfo, name));
  return total === undefined || available === undefined || total === 0 ? null : available / total;
}

function kibOf(meminfo: string, name: string): number | undefined {
  const text = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(meminfo)?.[1];
  return text === undefined ? undefined : Number(text);
}
