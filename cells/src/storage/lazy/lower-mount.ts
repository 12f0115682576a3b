/**
 * A stored tree as a read-only file system: names and attributes are answered at once, from memory; bytes when they
 * have come from the store, and until then whoever reads waits. Where they do not come he is given an error, never
 * zeroes. When this process ends, the file system ends with it, and reads of it fail.
 */

import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { say } from '../../snapshots/lazy/fuse-answer.ts';
import type { FuseDevice } from '../../snapshots/lazy/fuse-device.ts';
import { type FuseMount, mountFuse } from '../../snapshots/lazy/fuse-mount.ts';
import { errno, type FuseRequest, opcode as known, readWanted } from '../../snapshots/lazy/fuse-wire.ts';
import { nameFromBytes } from '../tree/name.ts';
import {
  attributesAnswer,
  entryAnswer,
  initAnswer,
  linkAnswer,
  listAnswer,
  noEntryAnswer,
  statfsAnswer,
} from './lower-answers.ts';
import type { LowerNode, LowerTree } from './lower-tree.ts';
import type { VolumeChunks } from './volume-chunks.ts';

const opcode = { ...known, readlink: 5 } as const;
const nothing: readonly Buffer[] = [];
/** An answer, why there is none, or null: it comes later or never. */
type Answer = Buffer | number | null;

export interface LowerMountParts {
  tree: LowerTree;
  chunks: VolumeChunks;
  log: Pick<Logger, 'warn'>;
}

/** `lost`: it can no longer be read, by anybody. */
export function mountLower(directory: string, parts: LowerMountParts, lost: () => void): Promise<FuseMount> {
  const hear = (request: FuseRequest, device: FuseDevice) => {
    const answer = answerTo(parts, request, device);
    if (answer === null) return;
    if (typeof answer === 'number') say(device, request.unique, nothing, answer);
    else say(device, request.unique, [answer]);
  };
  return mountFuse(directory, { hear, lost });
}

function answerTo(parts: LowerMountParts, request: FuseRequest, device: FuseDevice): Answer {
  const { opcode: asked, node: id, body } = request;
  const silent = asked === opcode.forget || asked === opcode.batchForget || asked === opcode.interrupt;
  if (silent) return null;
  if (asked === opcode.init) return initAnswer(limits.storage.lazy.readBytesMax);
  if (asked === opcode.statfs) return statfsAnswer();
  if (asked === opcode.destroy) return Buffer.alloc(0);
  const node = parts.tree.node(id);
  if (!node) return errno.noEntry;
  switch (asked) {
    case opcode.lookup: {
      const child = node.children?.get(nameFromBytes(body.subarray(0, body.indexOf(0))));
      return child ? entryAnswer(child) : noEntryAnswer();
    }
    case opcode.getattr:
      return attributesAnswer(node);
    case opcode.readlink:
      return linkAnswer(node.entry);
    case opcode.readdir: {
      const { offset, bytes } = readWanted(body);
      return listAnswer(node, offset, bytes);
    }
    case opcode.read:
      void read(parts, node, request, device);
      return null;
    default:
      // Also to `open`: the kernel then asks no more, and keeps what it has read of a file from one opening to the next.
      return errno.notImplemented;
  }
}

async function read(
  { chunks, log }: LowerMountParts,
  { entry }: LowerNode,
  { unique, body }: FuseRequest,
  device: FuseDevice,
): Promise<void> {
  const { offset, bytes } = readWanted(body);
  try {
    if (entry.type !== 'file') return say(device, unique, nothing, errno.io);
    say(device, unique, [await chunks.read(entry, offset, bytes)]);
  } catch (error) {
    log.warn(
      { err: error },
      'bytes of a file have not come from the store; whoever reads it is given an error',
    );
    say(device, unique, nothing, errno.io);
  }
}
