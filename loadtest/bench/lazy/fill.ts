/** Puts the workspace's files into the object store, by the cells' own program for it; it goes round the shaped link. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { checkout } from '../platform/start.ts';
import type { ShapedFile } from './shape.ts';

const program = join(checkout, 'cells', 'src', 'storage', 'testing', 'fill-volume.ts');
const filledSchema = z.object({ files: z.number(), bytes: z.number(), seconds: z.number() });

export interface Filling {
  workspaceId: string;
  databaseUrl: string;
  objectsUrl: string;
  files: readonly ShapedFile[];
  /** What was started, to be stopped in reverse. */
  stops: Array<() => Promise<void>>;
}

export async function fill({ workspaceId, databaseUrl, objectsUrl, files, stops }: Filling) {
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, DATABASE_URL: databaseUrl, CELLBOOK_OBJECTS: objectsUrl },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  stops.push(async () => void child.kill());
  child.stdin.end(JSON.stringify({ workspaceId, files }));
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (code !== 0) throw new Error(`filling the workspace ended with ${code}`);
  return filledSchema.parse(JSON.parse(said.trim().split('\n').at(-1) ?? ''));
}

const roomBesides = 4 * 1024 ** 3;

/** The store's own files about the objects are a few kilobytes each. */
export async function refuseWithoutRoom(directory: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const needed = bytes * 1.1 + roomBesides;
  if (bavail * bsize < needed)
    throw new Error(`${Math.ceil(needed / 1024 ** 3)} GiB of room are needed in ${directory}`);
}
