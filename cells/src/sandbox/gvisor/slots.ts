/**
 * Places whose files come later. A sandbox that is nobody's sees a slot at /home: an empty directory `user` on a
 * mount of its own, which is shared, so that what is mounted over `user` afterwards is seen inside as well:
 *
 *     host   slots/<sandbox>/        bound to itself, shared ────▶ inside   /home
 *            slots/<sandbox>/user    ◀── bind ── the workspace's files      /home/user
 *
 * Files of a workspace may be mounted there: nothing is removed before the mounts are seen to be gone.
 */
import { chown, mkdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { SandboxId } from '@cellbook/shared/ids.ts';
import { sandboxGid, sandboxUid } from '../driver.ts';
import { execute } from '../quota/execute.ts';
import { isMountPoint } from '../quota/loop-homes.ts';

export class Slots {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  path(sandboxId: SandboxId): string {
    return join(this.#directory, sandboxId);
  }

  /** The directory to be mounted at /home. */
  async make(sandboxId: SandboxId): Promise<string> {
    const slot = this.path(sandboxId);
    const user = join(slot, 'user');
    await mkdir(user, { recursive: true });
    await chown(user, sandboxUid, sandboxGid);
    const doing = `making a place for sandbox ${sandboxId}`;
    if (!(await isMountPoint(slot))) await execute(['mount', '--bind', slot, slot], doing);
    await execute(['mount', '--make-shared', slot], doing);
    return slot;
  }

  async attach(sandboxId: SandboxId, homeDirectory: string): Promise<void> {
    const user = join(this.#directory, sandboxId, 'user');
    if (await isMountPoint(user)) return;
    await execute(['mount', '--bind', homeDirectory, user], `attaching files to sandbox ${sandboxId}`);
  }

  /** Idempotent; nothing for a sandbox that has no slot. */
  async clear(sandboxId: SandboxId): Promise<void> {
    const slot = join(this.#directory, sandboxId);
    if (!(await stat(slot).catch(() => null))) return;
    for (const path of [join(slot, 'user'), slot])
      if (await isMountPoint(path))
        await execute(['umount', '--lazy', path], `taking files from sandbox ${sandboxId}`);
    // What lies here now was written before anybody's files were attached: caches of what was imported.
    if (await isMountPoint(join(slot, 'user'))) throw stillMounted(sandboxId);
    await rm(join(slot, 'user'), { recursive: true, force: true });
    await rmdir(slot);
  }
}

const stillMounted = (sandboxId: SandboxId): CellbookError =>
  new CellbookError('sandbox_unavailable', {
    doing: `taking files from sandbox ${sandboxId}`,
    problem: 'they are mounted still',
    ids: { sandboxId },
  });
