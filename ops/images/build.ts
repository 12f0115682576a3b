/**
 * Builds the root file system every sandbox starts from, out of the distribution's packages, into the
 * cache under the digest of its description: `images/<name>-<digest>/{rootfs/, image.json}`. The directory
 * appears by one rename, so that a half-built image is never seen. As a command: `node ops/images/build.ts`.
 */
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostRelease, hostSources } from './apt-sources.ts';
import { cacheDirectory, type Progress, withLock } from './cache.ts';
import { runCommand, succeeds } from './command.ts';
import { descriptionDigest, type ImageDescription, readDescription } from './description.ts';
import { inNamespacesOfItsOwn } from './namespaces.ts';
import { finishRootfs } from './rootfs.ts';

export interface BuiltImage {
  /** Holds `rootfs/` and `image.json`. */
  directory: string;
  digest: string;
}

export interface EnsureImageOptions {
  cacheDirectory: string;
  progress: Progress;
  descriptionPath?: string;
}

export async function ensureImage(options: EnsureImageOptions): Promise<BuiltImage> {
  const path = options.descriptionPath ?? join(import.meta.dirname, 'python.json');
  const host = await hostRelease();
  const written = await readDescription(path);
  const description = { ...written, suite: written.suite === 'host' ? host.codename : written.suite };
  const digest = descriptionDigest(description, host.architecture);
  const directory = join(options.cacheDirectory, 'images', `${description.name}-${digest}`);
  const built = { directory, digest };
  if (await exists(join(directory, 'image.json'))) {
    await describeGolden(directory, description);
    return built;
  }
  return withLock(`${directory}.lock`, options.progress, async () => {
    if (!(await exists(join(directory, 'image.json'))))
      await build(description, directory, digest, options.progress);
    return built;
  });
}

/** What it was built from has another golden image by now: its root stays as it is. */
async function describeGolden(directory: string, { golden }: ImageDescription): Promise<void> {
  const path = join(directory, 'image.json');
  const image: Record<string, unknown> = JSON.parse(await readFile(path, 'utf8'));
  if (JSON.stringify(image.golden) === JSON.stringify(golden)) return;
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, JSON.stringify({ ...image, golden }, null, 2));
  await rename(draft, path);
}

const buildDeadlineMs = 20 * 60_000;

async function build(description: ImageDescription, directory: string, digest: string, progress: Progress) {
  await ensureMmdebstrap(progress);
  const draft = `${directory}.draft`;
  await rm(draft, { recursive: true, force: true, maxRetries: 3 });
  await mkdir(draft, { recursive: true });
  const sources = join(draft, 'sources');
  await writeFile(sources, await hostSources(description.suite));
  const rootfs = join(draft, 'rootfs');
  progress(`building the image ${description.name} from ${description.suite} (about 2 minutes)`);
  const include = `--include=${description.packages.join(',')}`;
  const argv = ['mmdebstrap', '--variant=minbase', '--mode=root', include, ...(await hostAptOptions())];
  await runCommand(inNamespacesOfItsOwn([...argv, description.suite, rootfs, sources]), {
    deadlineMs: buildDeadlineMs,
    progress,
  });
  await rm(sources);
  await finishRootfs(rootfs, description);
  await writeFile(
    join(draft, 'image.json'),
    JSON.stringify(await describe(description, rootfs, digest), null, 2),
  );
  await rename(draft, directory);
  progress(`image ready: ${directory}`);
}

/** The machine's proxies and certificates for apt; they serve the build and do not stay in the image. */
async function hostAptOptions(): Promise<string[]> {
  const dump = await runCommand(['apt-config', 'dump'], { deadlineMs: 10_000 });
  const lines = dump.split('\n').filter((line) => /^Acquire::(https?|ftp)::\S+ ".+";$/i.test(line));
  return [...lines, 'Acquire::Languages "none";'].map((line) => `--aptopt=${line}`);
}

async function ensureMmdebstrap(progress: Progress): Promise<void> {
  if (await succeeds(['mmdebstrap', '--version'])) return;
  if (process.getuid?.() !== 0)
    throw new Error(
      'mmdebstrap is needed to build the image: run `apt-get install mmdebstrap` as root, then start again',
    );
  progress('installing mmdebstrap');
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await runCommand(['apt-get', 'update'], { deadlineMs: 300_000, env });
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', 'mmdebstrap'];
  await runCommand(install, { deadlineMs: 300_000, env });
}

/** image.json: what a cell needs to know without looking into the root file system. */
async function describe(description: ImageDescription, rootfs: string, digest: string) {
  const kernels = join(rootfs, 'usr/share/jupyter/kernels');
  const kernelspecs: Record<string, unknown> = {};
  for (const name of (await readdir(kernels)).sort()) {
    const directory = join(kernels, name);
    const spec: unknown = JSON.parse(await readFile(join(directory, 'kernel.json'), 'utf8'));
    const resources = (await readdir(directory)).filter((file) => file !== 'kernel.json').sort();
    kernelspecs[name] = { name, spec, resources, directory: `usr/share/jupyter/kernels/${name}` };
  }
  for (const name of description.kernelspecs)
    if (!(name in kernelspecs)) throw new Error(`the image ${description.name} has no kernelspec ${name}`);
  const query = ['dpkg-query', `--root=${rootfs}`, '--show'];
  const listed = await runCommand(query, { deadlineMs: 30_000 });
  const packages = Object.fromEntries(
    listed
      .trim()
      .split('\n')
      .map((line) => line.split('\t')),
  );
  return {
    formatVersion: 1,
    digest,
    name: description.name,
    suite: description.suite,
    user: description.user,
    golden: description.golden,
    kernelspecs,
    packages,
  };
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

if (import.meta.main) {
  const image = await ensureImage({
    cacheDirectory: cacheDirectory(),
    progress: (line) => console.error(line),
  });
  console.log(image.directory);
}
