/**
 * Puts the router's static files together in edge/dist/assets, which the root wrangler.toml names: the console
 * and each built version of the lab, old ones staying for tabs that are open. Files are linked where the file
 * system allows it, so that this costs no space and a fraction of a second.
 */
import { cp, link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const edgeFolder = dirname(import.meta.dirname);
export const assetsDirectory = join(edgeFolder, 'dist', 'assets');

/** `labDirectory`: what the build of the lab printed (it has `public/static/lab/<version>/`). */
export async function assembleAssets(labDirectory?: string): Promise<void> {
  const [from, to] = [join(edgeFolder, 'web'), join(assetsDirectory, 'static', 'console')];
  await mkdir(to, { recursive: true });
  const wanted = (await readdir(from)).filter((name) => /\.(html|css|js|svg)$/.test(name));
  for (const name of wanted) await copyIfChanged(join(from, name), join(to, name));
  for (const name of await readdir(to))
    if (!wanted.includes(name)) await rm(join(to, name), { recursive: true });
  if (labDirectory) await addLab(join(labDirectory, 'public', 'static', 'lab'));
}

/** A file that is written again makes every running edge of this checkout reload, which drops its sockets. */
async function copyIfChanged(from: string, to: string): Promise<void> {
  const wanted = await readFile(from);
  const present = await readFile(to).catch(() => null);
  if (!present?.equals(wanted)) await writeFile(to, wanted);
}

async function addLab(versions: string): Promise<void> {
  const target = join(assetsDirectory, 'static', 'lab');
  await mkdir(target, { recursive: true });
  const present = new Set(await readdir(target));
  for (const version of await readdir(versions)) {
    if (present.has(version)) continue;
    // Whole or not at all: two platforms of one checkout may start at once.
    const partial = `${target}.${version}.${process.pid}`;
    await linkTree(join(versions, version), partial);
    await rename(partial, join(target, version)).catch(() => rm(partial, { recursive: true, force: true }));
  }
}

async function linkTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await linkTree(source, target);
    else await link(source, target).catch(() => cp(source, target));
  }
}
