/**
 * The bundle directories of a host, one per sandbox: `config.json` for runsc and `sandbox.json` for us. They
 * are the driver's whole memory: what lies here exists, also after the controller that made it has died.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type SandboxId, sandboxIdSchema, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { z } from 'zod';

export const sandboxLabelSchema = z.object({
  sandboxId: sandboxIdSchema,
  workspaceId: workspaceIdSchema,
  epoch: z.number().int(),
  /** With what it was started: a memory snapshot is restored only on the same. */
  runsc: z.string(),
  platform: z.string(),
  imageDigest: z.string(),
  supervisorDigest: z.string(),
});
export type SandboxLabel = z.infer<typeof sandboxLabelSchema>;

export class Bundles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  path(sandboxId: SandboxId): string {
    return join(this.#directory, sandboxId);
  }

  /** Throws EEXIST when the sandbox is already there. The label is written first: a half-made one is listed. */
  async create(label: SandboxLabel, config: object): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const path = this.path(label.sandboxId);
    await mkdir(path, { mode: 0o700 });
    await writeFile(join(path, 'sandbox.json'), JSON.stringify(label));
    await writeFile(join(path, 'config.json'), JSON.stringify(config));
  }

  async list(): Promise<SandboxLabel[]> {
    const names = await readdir(this.#directory).catch(() => [] as string[]);
    const labels = await Promise.all(names.map((name) => this.#read(name)));
    return labels.filter((label) => label !== null);
  }

  async remove(sandboxId: SandboxId): Promise<void> {
    await rm(this.path(sandboxId), { recursive: true, force: true });
  }

  async #read(name: string): Promise<SandboxLabel | null> {
    const text = await readFile(join(this.#directory, name, 'sandbox.json'), 'utf8').catch(() => null);
    if (text === null) return null;
    const parsed = sandboxLabelSchema.safeParse(JSON.parse(text || 'null'));
    return parsed.success ? parsed.data : null;
  }
}
