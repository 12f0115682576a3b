import type { BigIntStats } from 'node:fs';
import type { FileStat } from '../file-tree.ts';
import { milliseconds } from '../stored-surface.ts';
import { createdOf, type IndexNode, isSameFile, modeOf } from './live-index.ts';

const ownerMayWrite = 0o200;

/** Null for what is neither file nor directory. The index knows when a file that came from storage was made. */
export function fileStatOf(stats: BigIntStats, node: IndexNode | undefined): FileStat | null {
  if (!stats.isFile() && !stats.isDirectory()) return null;
  const isFile = stats.isFile();
  return {
    type: isFile ? 'file' : 'directory',
    sizeBytes: isFile ? Number(stats.size) : null,
    modifiedMs: milliseconds(stats.mtimeNs),
    createdMs: milliseconds(storedCreation(stats, node) ?? createdOf(stats)),
    writable: (modeOf(stats) & ownerMayWrite) !== 0,
  };
}

function storedCreation(stats: BigIntStats, node: IndexNode | undefined): string | null {
  if (node?.type === 'directory') return node.inode === stats.ino ? node.createdNs : null;
  if (node?.entry.type !== 'file') return null;
  return isSameFile(node, stats) ? node.entry.createdNs : null;
}
