/**
 * Puts the router's static files together in edge/dist/assets, which the root wrangler.toml names: the console
 * and each built version of the lab, old ones staying for tabs that are open. Files are linked where the file
 * system allows it, so that this costs no space and a fraction of a second.
 */
import { existsSync } from 'node:fs';
import { cp, link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const edgeFolder = dirname(import.meta.dirname);
export const assetsDirectory = join(edgeFolder, 'dist', 'assets');

/** `labDirectory`: what the build of the lab printed (it has `public/static/lab/<version>/`). */
export async function assembleAssets(labDirectory?: string, target = assetsDirectory): Promise<void> {
  const [from, to] = [join(edgeFolder, 'web'), join(target, 'static', 'console')];
  await mkdir(to, { recursive: true });
  const wanted = (await readdir(from)).filter((name) => /\.(html|css|js|svg)$/.test(name));
  for (const name of wanted) await copyIfChanged(join(from, name), join(to, name));
  for (const name of await readdir(to))
    if (!wanted.includes(name)) await rm(join(to, name), { recursive: true });
  if (labDirectory)
    await addLab(join(labDirectory, 'public', 'static', 'lab'), join(target, 'static', 'lab'));
}

/** A file that is written again makes every running edge of this checkout reload, which drops its sockets. */
async function copyIfChanged(from: string, to: string): Promise<void> {
  const wanted = await readFile(from);
  const present = await readFile(to).catch(() => null);
  if (!present?.equals(wanted)) await writeFile(to, wanted);
}

/** Versions whose files stay for tabs that are open; every one more is read at each start. */
const labVersionsMax = 3;

async function addLab(versions: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const version of await readdir(versions)) {
    if (existsSync(join(target, version))) continue;
    // Whole or not at all, for an edge that runs; two platforms of one checkout may start at once.
    const partial = `${dirname(dirname(target))}.lab-${version}.${process.pid}`;
    await linkTree(join(versions, version), partial);
    await rename(partial, join(target, version)).catch(() => rm(partial, { recursive: true, force: true }));
    await dropOldest(target);
  }
}

async function dropOldest(target: string): Promise<void> {
  const present = await readdir(target);
  const dated = await Promise.all(
    present.map(async (name) => ({ name, bornMs: (await stat(join(target, name))).ctimeMs })),
  );
  dated.sort((one, other) => other.bornMs - one.bornMs);
  for (const { name } of dated.slice(labVersionsMax))
    await rm(join(target, name), { recursive: true, force: true });
}

async function linkTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await linkTree(source, target);
    else await link(source, target).catch(() => cp(source, target));
  }
}
