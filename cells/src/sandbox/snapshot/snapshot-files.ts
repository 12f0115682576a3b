/**
 * An image of a sandbox's memory on disk: what the isolation wrote, the supervisor's files it runs, and
 * `snapshot.json`, which says what the image is bound to and how its link goes on. The directory appears whole,
 * by one rename; what lies beside it as a draft was cut short and is written over.
 */
import { cp, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { z } from 'zod';
import { keepsakeSchema } from '../link/keepsake.ts';
import { snapshotFingerprintSchema } from './fingerprint.ts';

const base64 = z.base64().transform((text): Buffer => Buffer.from(text, 'base64'));

const snapshotSchema = z.object({
  formatVersion: z.literal(1),
  fingerprint: snapshotFingerprintSchema,
  supervisorDigest: z.string().regex(/^[0-9a-f]+$/),
  /** As it was started: sizes of its file systems and numbers of its processes stay what they were. */
  shape: z.object({
    memoryBytesMax: z.int().positive(),
    pidsMax: z.int().positive(),
    /** Whether its files are mounted themselves, or in a place that was there before them. */
    home: z.enum(['mounted', 'slot']),
  }),
  keepsake: keepsakeSchema.extend({ held: base64 }),
});
export type Snapshot = z.infer<typeof snapshotSchema>;
export type SandboxShape = Snapshot['shape'];

export const shapeOf = (
  { memoryBytesMax, pidsMax }: Omit<SandboxShape, 'home'>,
  home: SandboxShape['home'],
): SandboxShape => ({ memoryBytesMax, pidsMax, home });

const descriptionName = 'snapshot.json';
const supervisorName = 'supervisor';

/** Where the isolation keeps what it wrote. */
export const memoryPath = (directory: string): string => join(directory, 'memory');
export const supervisorPathIn = (directory: string): string => join(directory, supervisorName);

/** Runs `write` on a draft, adds its description, and gives the directory its name. Gives its size in bytes. */
export async function writeSnapshot(
  directory: string,
  supervisorDirectory: string,
  write: (draft: string) => Promise<Snapshot>,
): Promise<number> {
  if (await stat(directory).catch(() => null)) throw taken(directory);
  const draft = `${directory}.draft`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(memoryPath(draft), { recursive: true, mode: 0o700 });
  try {
    await cp(supervisorDirectory, supervisorPathIn(draft), { recursive: true });
    const { keepsake, ...rest } = await write(draft);
    const described = { ...rest, keepsake: { ...keepsake, held: keepsake.held.toString('base64') } };
    await writeFile(join(draft, descriptionName), JSON.stringify(described));
    const bytes = await settle(draft);
    await rename(draft, directory);
    return bytes;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

/** Throws `sandbox_unavailable` where there is no whole image. */
export async function readSnapshot(directory: string): Promise<Snapshot> {
  try {
    return snapshotSchema.parse(JSON.parse(await readFile(join(directory, descriptionName), 'utf8')));
  } catch (cause) {
    const doing = 'reading an image of a sandbox';
    throw new CellbookError('sandbox_unavailable', { doing, problem: 'there is no whole image', cause });
  }
}

/** Brings every file to the disk, so that a name that outlives a power cut stands for what it says. Gives their size. */
async function settle(directory: string): Promise<number> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  let bytes = 0;
  for (const { parentPath, name } of entries.filter((entry) => entry.isFile())) {
    const file = await open(join(parentPath, name));
    try {
      await file.sync();
      bytes += (await file.stat()).size;
    } finally {
      await file.close();
    }
  }
  return bytes;
}

const taken = (directory: string): CellbookError =>
  new CellbookError('already_exists', {
    doing: 'writing an image of a sandbox',
    problem: `${directory} is there already`,
  });
