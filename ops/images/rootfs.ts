/** What turns a bootstrapped tree into an image: our own /etc, one user, mount points, no package caches. */
import { appendFile, chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ImageDescription } from './description.ts';

/** Directories that the sandbox mounts over; the root is read-only, so they must exist in it. */
const mountPoints = ['proc', 'sys', 'dev', 'dev/shm', 'tmp', 'run', 'opt/cellbook'];

/** Of no use without network and root, or specific to the building machine (its proxies and sources). */
const removed = [
  'etc/apt',
  'var/cache/apt',
  'var/lib/apt/lists',
  'var/log/apt',
  'var/log/dpkg.log',
  'var/log/bootstrap.log',
  'etc/machine-id',
  'usr/share/doc',
  'usr/share/man',
];

export async function finishRootfs(rootfs: string, description: ImageDescription): Promise<void> {
  for (const path of removed) await rm(join(rootfs, path), { recursive: true, force: true });
  for (const path of mountPoints) await mkdir(join(rootfs, path), { recursive: true });
  await addUser(rootfs, description.user);
  for (const [path, text] of Object.entries(description.files)) {
    const target = join(rootfs, path);
    await mkdir(dirname(target), { recursive: true });
    await rm(target, { force: true });
    await writeFile(target, text);
  }
}

async function addUser(rootfs: string, user: ImageDescription['user']): Promise<void> {
  const home = join(rootfs, user.home);
  await appendFile(
    join(rootfs, 'etc/passwd'),
    `${user.name}:x:${user.uid}:${user.gid}::${user.home}:/bin/bash\n`,
  );
  await appendFile(join(rootfs, 'etc/group'), `${user.name}:x:${user.gid}:\n`);
  await appendFile(join(rootfs, 'etc/shadow'), `${user.name}:!:19000:0:99999:7:::\n`);
  await mkdir(home, { recursive: true });
  await chown(home, user.uid, user.gid);
}
