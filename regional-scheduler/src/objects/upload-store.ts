/**
 * Objects as agents bring them: pieces are appended to a file and fsynced, one piece of a key at a time; with the last
 * one the whole is hashed and kept (whole-objects.ts). A crash in between leaves the pieces, and the agent asks how much
 * there is.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { agentObjectKeySchema, jobObjectsPrefixSchema } from '@cellbook/shared/protocol/agent-objects-api.ts';
import { makeDurable, orMissing } from './directory-objects.ts';
import type { Kept, ObjectStore, Piece } from './object-store.ts';
import type { WholeObjects } from './whole-objects.ts';

export function createUploadStore(incoming: string, whole: WholeObjects): ObjectStore {
  const underWay = new Map<string, Promise<unknown>>();
  const pathOf = (key: string) => join(incoming, agentObjectKeySchema.parse(key).replaceAll('/', '_'));

  async function kept(key: string): Promise<Kept> {
    const bytes = await whole.size(agentObjectKeySchema.parse(key));
    if (bytes !== null) return { bytes, isComplete: true };
    return { bytes: (await orMissing(stat(pathOf(key))))?.size ?? 0, isComplete: false };
  }

  async function write(key: string, offset: number, piece: Uint8Array, sha256?: string): Promise<Piece> {
    const before = await kept(key);
    if (before.isComplete) return { kind: 'complete', bytes: before.bytes };
    if (before.bytes !== offset) return { kind: 'elsewhere', bytes: before.bytes };
    const path = pathOf(key);
    await makeDurable(incoming);
    if (!(await append(path, offset, piece))) return { kind: 'full', bytes: offset };
    const bytes = offset + piece.length;
    if (sha256 === undefined) return { kind: 'kept', bytes };
    if ((await digestOf(path)) !== sha256) {
      await rm(path, { force: true });
      return { kind: 'corrupt' };
    }
    await whole.keep(key, path, bytes);
    return { kind: 'complete', bytes };
  }

  return {
    kept,
    write(key, offset, piece, sha256) {
      const before = underWay.get(key) ?? Promise.resolve();
      const next = before.then(ignore, ignore).then(() => write(key, offset, piece, sha256));
      underWay.set(key, next);
      const done = () => void (underWay.get(key) === next && underWay.delete(key));
      next.then(done, done);
      return next;
    },
    size: (key) => whole.size(agentObjectKeySchema.parse(key)),
    async read(key, range) {
      const bytes = await whole.size(agentObjectKeySchema.parse(key));
      if (bytes === null) return null;
      const stream = await whole.read(key, range);
      return stream && { bytes, stream };
    },
    async remove(key) {
      await rm(pathOf(key), { force: true });
      await whole.remove(key);
    },
    async list(prefix) {
      const keys = await whole.list(jobObjectsPrefixSchema.parse(prefix));
      return keys.filter((key) => agentObjectKeySchema.safeParse(key).success);
    },
    async removeAbandoned(beforeMs) {
      let removed = 0;
      for (const name of (await orMissing(readdir(incoming))) ?? []) {
        const path = join(incoming, name);
        const found = await orMissing(stat(path));
        if (!found || found.mtimeMs >= beforeMs) continue;
        await rm(path, { force: true });
        removed++;
      }
      return removed;
    },
  };
}

/** False where the disk is full; then nothing of the piece is kept. */
async function append(path: string, offset: number, piece: Uint8Array): Promise<boolean> {
  const file = await open(path, 'a', 0o600);
  try {
    await file.appendFile(piece);
    await file.sync();
    return true;
  } catch (error) {
    await file.truncate(offset);
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return false;
    throw error;
  } finally {
    await file.close();
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(path)) hash.update(bytes);
  return hash.digest('hex');
}

const ignore = (): void => {};
