/** What this host's processors can do: memory holds what code has found out about them. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

export async function hostCpuFeatures(path = '/proc/cpuinfo'): Promise<string> {
  return cpuFeatures(await readFile(path, 'utf8'));
}

/** A digest of `flags` on x86, `Features` on Arm, in whatever order; the first processor's stand for all. Pure. */
export function cpuFeatures(cpuinfo: string): string {
  const [, flags = ''] = cpuinfo.match(/^(?:flags|Features)\s*:\s*(.*)$/m) ?? [];
  const sorted = [...new Set(flags.split(/\s+/).filter(Boolean))].sort().join(' ');
  return createHash('sha256').update(sorted).digest('hex').slice(0, 16);
}
