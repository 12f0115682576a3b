/** What is known of a live environment: each file as it was read, with the proof that it is still the same. */
import type { BigIntStats } from 'node:fs';
import { modeOf, type Stamp, sameStamp, stampOf } from '../storage/live/live-index.ts';
import type { FileEntry, LinkEntry } from '../storage/tree/entry.ts';

export interface FileNode {
  type: 'file';
  proof: Proof;
  mtimeNs: bigint;
  size: bigint;
  /** As the layer has it. */
  entry: FileEntry;
}

export interface LinkNode {
  type: 'link';
  entry: LinkEntry;
}

export interface DirectoryNode {
  type: 'directory';
  mode: number;
  children: Map<string, TreeNode>;
}

export type TreeNode = FileNode | LinkNode | DirectoryNode;

/** `attached`: it was put there with this time, and nothing was changed after `untilNs`, by the file system's own clock. */
export type Proof =
  | { by: 'stamp'; stamp: Stamp }
  | { by: 'attached'; untilNs: bigint }
  /** Too fresh to prove anything. */
  | { by: 'nothing' };

export function isUnchanged(node: FileNode, stats: BigIntStats): boolean {
  const { proof } = node;
  if (proof.by === 'nothing') return false;
  if (proof.by === 'stamp') return sameStamp(proof.stamp, stampOf(stats));
  return (
    stats.size === node.size &&
    stats.mtimeNs === node.mtimeNs &&
    modeOf(stats) === node.entry.mode &&
    stats.ctimeNs <= proof.untilNs
  );
}
