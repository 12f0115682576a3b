/**
 * The sandboxes of this host on disk, one directory each: `sandbox.json` for us, and whatever the isolation
 * keeps beside it. They are a driver's whole memory: what lies here exists, also after the controller that
 * made it has died.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type SandboxId,
  sandboxIdSchema,
  type WorkspaceId,
  workspaceIdSchema,
} from '@cellbook/shared/ids.ts';
import { z } from 'zod';

export const sandboxRecordSchema = z.object({
  sandboxId: sandboxIdSchema,
  workspaceId: workspaceIdSchema,
  epoch: z.number().int(),
  /** With what it was started (runsc's build and platform): a memory snapshot is restored only on the same. */
  runtime: z.string(),
  imageDigest: z.string(),
  supervisorDigest: z.string(),
});
/** A text cut short by a crash is no record, and must not keep the others from being listed. */
const recordText = z
  .string()
  .transform((text, context) => {
    try {
      const value: unknown = JSON.parse(text);
      return value;
    } catch {
      context.addIssue('it is no JSON');
      return z.NEVER;
    }
  })
  .pipe(sandboxRecordSchema);
export type SandboxRecord = z.infer<typeof sandboxRecordSchema>;

export class SandboxRecords {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  path(sandboxId: SandboxId): string {
    return join(this.#directory, sandboxId);
  }

  /** Throws EEXIST when the sandbox is already there. Written before anything is started. */
  async create(record: SandboxRecord): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await mkdir(this.path(record.sandboxId), { mode: 0o700 });
    await writeFile(join(this.path(record.sandboxId), 'sandbox.json'), JSON.stringify(record));
  }

  /** Writes a newer epoch over the record, whole or not at all. False when there is none. */
  relabel(sandboxId: SandboxId, epoch: number): Promise<boolean> {
    return this.#change(sandboxId, { epoch });
  }

  /** One that was nobody's is somebody's. */
  claim(sandboxId: SandboxId, workspaceId: WorkspaceId, epoch: number): Promise<boolean> {
    return this.#change(sandboxId, { workspaceId, epoch });
  }

  async list(): Promise<SandboxRecord[]> {
    const names = await readdir(this.#directory).catch(() => [] as string[]);
    const records = await Promise.all(names.map((name) => this.#read(name)));
    return records.filter((record) => record !== null);
  }

  async remove(sandboxId: SandboxId): Promise<void> {
    await rm(this.path(sandboxId), { recursive: true, force: true });
  }

  async #change(sandboxId: SandboxId, change: Partial<SandboxRecord>): Promise<boolean> {
    const record = await this.#read(sandboxId);
    if (record === null) return false;
    const path = join(this.path(sandboxId), 'sandbox.json');
    await writeFile(`${path}.next`, JSON.stringify({ ...record, ...change }));
    await rename(`${path}.next`, path);
    return true;
  }

  /** A directory without a whole record was being made or removed when its controller died; nothing ran. */
  async #read(name: string): Promise<SandboxRecord | null> {
    const path = join(this.#directory, name, 'sandbox.json');
    const text = await readFile(path, 'utf8').catch(() => '');
    const parsed = recordText.safeParse(text);
    return parsed.success ? parsed.data : null;
  }
}
