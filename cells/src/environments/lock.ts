/**
 * The lockfile of a layer: what pip's own records in it say is installed (PEP 376, 427, 610). Read from the stored
 * tree, by us: no code of the user's is run, and none of his processes is asked.
 */
import { createHash } from 'node:crypto';
import { limits } from '@cellbook/shared/limits.ts';
import type { LockedPackage } from '@cellbook/shared/protocol/environment-api.ts';
import { z } from 'zod';
import type { Entries, StoredDirectory } from '../storage/tree/entry.ts';
import { readRange } from '../storage/tree/file-content.ts';
import { entryAt } from '../storage/tree/tree-change.ts';
import type { VolumeObjects } from '../storage/tree/volume-objects.ts';

const { packagesMax, metadataBytesMax, recordBytesMax } = limits.environments;
const pythonFolder = /^python3\.\d+$/;
const distribution = /\.dist-info$/;

export async function readLock(
  objects: VolumeObjects,
  root: StoredDirectory,
  signal: AbortSignal,
): Promise<LockedPackage[]> {
  const packages: LockedPackage[] = [];
  for (const site of await siteFolders(objects, root, signal))
    for (const [name, entry] of site) {
      if (entry.type !== 'directory' || !distribution.test(name) || packages.length >= packagesMax) continue;
      const locked = await lockOf(objects, await objects.getDirectory(entry.sha256, signal), signal);
      if (locked) packages.push(locked);
    }
  return packages.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The lines that pip reads; an editable install and one from a file have no place to come from again. */
export function requirementsOf(packages: readonly LockedPackage[]): string {
  const lines = packages.map(({ name, version, url }) => {
    if (url === null) return `${name}==${version}`;
    return /^https?:/.test(url) ? `${name} @ ${url}` : `${name}==${version}`;
  });
  return lines.map((line) => `${line}\n`).join('');
}

async function siteFolders(
  objects: VolumeObjects,
  root: StoredDirectory,
  signal: AbortSignal,
): Promise<Entries[]> {
  const lib = await entryAt(objects, root, ['lib'], signal);
  if (lib?.type !== 'directory') return [];
  const found: Entries[] = [];
  for (const name of (await objects.getDirectory(lib.sha256, signal)).keys()) {
    const site = pythonFolder.test(name)
      ? await entryAt(objects, lib, [name, 'site-packages'], signal)
      : undefined;
    if (site?.type === 'directory') found.push(await objects.getDirectory(site.sha256, signal));
  }
  return found;
}

async function lockOf(
  objects: VolumeObjects,
  files: Entries,
  signal: AbortSignal,
): Promise<LockedPackage | null> {
  const metadata = await textOf(objects, files, 'METADATA', metadataBytesMax, signal);
  const name = headerOf(metadata, 'Name');
  const version = headerOf(metadata, 'Version');
  if (!isName(name) || !isVersion(version)) return null;
  const record = await textOf(objects, files, 'RECORD', recordBytesMax, signal);
  const direct = await textOf(objects, files, 'direct_url.json', metadataBytesMax, signal);
  return {
    name: name.toLowerCase().replace(/[-_.]+/g, '-'),
    version,
    record: record === null ? null : createHash('sha256').update(record).digest('hex'),
    url: direct === null ? null : urlOf(direct),
  };
}

async function textOf(
  objects: VolumeObjects,
  files: Entries,
  name: string,
  bytesMax: number,
  signal: AbortSignal,
): Promise<string | null> {
  const entry = files.get(name);
  if (entry?.type !== 'file') return null;
  const parts: Buffer[] = [];
  for await (const part of readRange(
    objects,
    entry,
    { start: 0, end: Math.min(entry.size, bytesMax) },
    signal,
  ))
    parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

/** Headers end with the first empty line; after it comes the description. */
function headerOf(metadata: string | null, name: string): string | null {
  const [head = ''] = (metadata ?? '').split(/\r?\n\r?\n/, 1);
  const line = head.split(/\r?\n/).find((one) => one.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  return line?.slice(name.length + 1).trim() ?? null;
}

/** What a stranger's file says becomes a line for pip: only what can be nothing else than a name (PEP 508) and a version (PEP 440). */
const isName = (name: string | null): name is string =>
  name !== null && name.length <= 200 && /^[A-Z0-9](?:[A-Z0-9._-]*[A-Z0-9])?$/i.test(name);
const isVersion = (version: string | null): version is string =>
  version !== null && version.length <= 200 && /^[A-Z0-9][A-Z0-9._+!-]*$/i.test(version);

const directSchema = z.object({ url: z.string().regex(/^[a-z]+:\/\/[\x21-\x7e]{1,2000}$/i) });

function urlOf(text: string): string | null {
  try {
    const parsed = directSchema.safeParse(JSON.parse(text));
    return parsed.success ? withoutCredentials(parsed.data.url) : null;
  } catch {
    return null;
  }
}

function withoutCredentials(text: string): string | null {
  const url = URL.parse(text);
  if (!url) return null;
  return Object.assign(url, { username: '', password: '' }).href;
}
