/** For tests: hosts over one pair of stores, workspaces of organisations on them, and packages as pip leaves them. */
import { mkdir, mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ManualClock } from '@cellbook/shared/clock.ts';
import {
  hostIdSchema,
  newOrgId,
  newWorkspaceId,
  type OrgId,
  type WorkspaceId,
} from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import type { WorkspaceVolumesParts } from '../../storage/host-parts.ts';
import { createMemoryManifestStore } from '../../storage/manifests/memory-manifest-store.ts';
import { createMemoryObjectStore } from '../../storage/objects/memory-object-store.ts';
import type { ObjectStore } from '../../storage/objects/object-store.ts';
import { startTestHost } from '../../storage/test-volumes.ts';
import { HostEnvironments } from '../host-environments.ts';
import { environmentName } from '../layout.ts';
import { createMemoryEnvironmentStore } from '../memory-environment-store.ts';

export const signal = () => AbortSignal.timeout(60_000);

export function createBed(given: { objects?: ObjectStore } = {}) {
  const clock = new ManualClock(Date.UTC(2030, 0, 1));
  const manifests = createMemoryManifestStore();
  const objects = given.objects ?? createMemoryObjectStore();
  const orgs = new Map<WorkspaceId, OrgId>();
  const environments = createMemoryEnvironmentStore({
    clock,
    orgOf: (workspaceId) => orgs.get(workspaceId) ?? null,
    ownerOf: (workspaceId) => manifests.read(workspaceId),
  });
  const directories: string[] = [];
  const closers: (() => Promise<void>)[] = [];
  const keysOf = async (prefix: string): Promise<string[]> => {
    const keys: string[] = [];
    for await (const key of objects.list(prefix)) keys.push(key);
    return keys;
  };
  return {
    ...{ clock, manifests, objects, environments, keysOf },
    newOrg: () => newOrgId(systemRandom),
    async workspace(orgId: OrgId): Promise<WorkspaceId> {
      const id = newWorkspaceId(systemRandom);
      orgs.set(id, orgId);
      return id;
    },
    async host(name: string, cacheBytesMax?: number, given: Partial<WorkspaceVolumesParts> = {}) {
      const cacheDirectory = await mkdtemp(join(tmpdir(), 'environments-'));
      directories.push(cacheDirectory);
      const parts = { environments, objects, cacheDirectory, clock, random: systemRandom, log: silentLogger };
      const held = new HostEnvironments({ ...parts, ...(cacheBytesMax !== undefined && { cacheBytesMax }) });
      const host = hostIdSchema.parse(name);
      const opened = await startTestHost({ manifests, objects, host, environments: held, ...given });
      closers.push(() => opened.close());
      return { ...opened, environments: held, cacheDirectory };
    },
    async close() {
      for (const close of closers) await close();
      for (const directory of directories) await rm(directory, { recursive: true, force: true });
    },
  };
}

export const site = join(environmentName, 'lib/python3.11/site-packages');

/** A source and what Python compiles it to: a head that names the source's time and size, then code. */
export async function installModule(home: string, name: string, text: string, atMs: number): Promise<void> {
  const source = join(home, site, `${name}.py`);
  const compiled = join(home, site, '__pycache__', `${name}.cpython-311.pyc`);
  await mkdir(dirname(compiled), { recursive: true });
  await writeFile(source, text);
  await utimes(source, atMs / 1_000, atMs / 1_000);
  const head = Buffer.alloc(16);
  head.writeUInt32LE(Math.floor((await stat(source)).mtimeMs / 1_000), 8);
  head.writeUInt32LE(text.length, 12);
  await writeFile(compiled, Buffer.concat([head, Buffer.from(`code of ${text}`)]));
}

export async function installPackage(
  home: string,
  name: string,
  version: string,
  atMs: number,
): Promise<void> {
  await installModule(home, name, `VERSION = '${version}'\n`, atMs);
  const info = join(home, site, `${name}-${version}.dist-info`);
  await mkdir(info, { recursive: true });
  await writeFile(
    join(info, 'METADATA'),
    `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n\nName: not this\n`,
  );
  await writeFile(join(info, 'RECORD'), `${name}.py,,\n`);
  // Larger than what lies within a directory, so that it is a chunk, and what memory maps.
  const library = join(home, site, `${name}.so`);
  await writeFile(library, Buffer.alloc(200_000, `${name} ${version}`));
  await utimes(library, atMs / 1_000, atMs / 1_000 + 0.25);
}
