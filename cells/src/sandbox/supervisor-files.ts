/**
 * The supervisor's Python, copied out of the checkout under the digest of its bytes: a sandbox mounts the
 * copy, so that a later checkout changes nothing under a running (or stored) sandbox.
 */
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

export interface SupervisorFiles {
  /** Holds the package `cellbook_supervisor`. */
  directory: string;
  digest: string;
}

export const supervisorSource = resolve(import.meta.dirname, '../../supervisor');
const packageName = 'cellbook_supervisor';

export async function installSupervisor(stateDirectory: string): Promise<SupervisorFiles> {
  const source = join(supervisorSource, packageName);
  const names = (await readdir(source)).filter((name) => name.endsWith('.py')).sort();
  const hash = createHash('sha256');
  for (const name of names) hash.update(`${name}\0`).update(await readFile(join(source, name)));
  const digest = hash.digest('hex').slice(0, 16);
  const directory = join(stateDirectory, 'supervisor', digest);
  if (await stat(directory).catch(() => null)) return { directory, digest };
  const draft = `${directory}.${process.pid}`;
  await mkdir(join(draft, packageName), { recursive: true });
  for (const name of names) await cp(join(source, name), join(draft, packageName, name));
  await rename(draft, directory).catch(() => rm(draft, { recursive: true, force: true }));
  return { directory, digest };
}
