/** What this host's processors can do: memory holds what code has found out about them. */
import { readFile } from 'node:fs/promises';

/** The sorted flags of the first processor, one space between them. */
export async function hostCpuFeatures(path = '/proc/cpuinfo'): Promise<string> {
  return cpuFeatures(await readFile(path, 'utf8'));
}

/** `flags` on x86, `Features` on Arm; the first processor's stands for all. Pure. */
export function cpuFeatures(cpuinfo: string): string {
  const [, flags = ''] = cpuinfo.match(/^(?:flags|Features)\s*:\s*(.*)$/m) ?? [];
  return [...new Set(flags.split(/\s+/).filter(Boolean))].sort().join(' ');
}
