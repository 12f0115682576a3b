/**
 * The supervisor's Python, copied out of the checkout under the digest of its bytes: a sandbox mounts the
 * copy, so that a later checkout changes nothing under a running (or stored) sandbox. An image carries its
 * own, which may be older than what this checkout has.
 */
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CellbookError } from '@cellbook/shared/errors.ts';

export interface SupervisorFiles {
  /** Holds the package `cellbook_supervisor`. */
  directory: string;
  digest: string;
}

export const supervisorSource = resolve(import.meta.dirname, '../../supervisor');
const packageName = 'cellbook_supervisor';

export async function installSupervisor(
  stateDirectory: string,
  source = supervisorSource,
): Promise<SupervisorFiles> {
  const names = await moduleNames(source);
  const hash = createHash('sha256');
  for (const name of names) hash.update(`${name}\0`).update(await readFile(join(source, packageName, name)));
  const digest = hash.digest('hex').slice(0, 16);
  const directory = supervisorPathOf(stateDirectory, digest);
  if (await stat(directory).catch(() => null)) return { directory, digest };
  const draft = `${directory}.${process.pid}`;
  await mkdir(join(draft, packageName), { recursive: true });
  for (const name of names) await cp(join(source, packageName, name), join(draft, packageName, name));
  await rename(draft, directory).catch(() => rm(draft, { recursive: true, force: true }));
  return { directory, digest };
}

/** The supervisor that an image was made with, installed from the image where it is not here any more. */
export async function supervisorOf(
  stateDirectory: string,
  digest: string,
  source: string,
): Promise<SupervisorFiles> {
  const directory = supervisorPathOf(stateDirectory, digest);
  if (await stat(directory).catch(() => null)) return { directory, digest };
  const installed = await installSupervisor(stateDirectory, source);
  if (installed.digest === digest) return installed;
  throw new CellbookError('sandbox_unavailable', {
    doing: 'restoring a sandbox',
    problem: 'the supervisor in its image is not the one it was made with',
  });
}

const supervisorPathOf = (stateDirectory: string, digest: string) =>
  join(stateDirectory, 'supervisor', digest);

async function moduleNames(source: string): Promise<string[]> {
  return (await readdir(join(source, packageName))).filter((name) => name.endsWith('.py')).sort();
}
