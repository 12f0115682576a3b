/**
 * Gets PyTorch into the cache, in a virtual environment of its own, with the manifest of the renderer that uses it: what an
 * agent on a host with real GPUs is given as CELLBOOK_BINARIES. It is some gigabytes (CUDA comes with it), so that nothing
 * asks for it but a host whose `nvidia-smi` answers, or a person: `node ops/images/torch.ts` prints `{python, binaries}`.
 */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { cacheDirectory, type Progress, withLock } from './cache.ts';
import { runCommand, succeeds } from './command.ts';

/** Its wheels bring CUDA 12.8: drivers from 525 on, GPUs from Volta to Blackwell. */
const torchVersion = '2.9.1';
/** 3 GB over a slow line. */
const installMsMax = 45 * 60_000;

const example = fileURLToPath(new URL('../../gpu-agent/examples/video-renderer-torch', import.meta.url));
const manifestName = 'torch-1.binary.json';
const manifestSchema = z.looseObject({ command: z.array(z.string()), needs: z.array(z.string()) });

export interface Torch {
  python: string;
  /** A directory with the manifest. */
  binaries: string;
}

export async function ensureTorch(cache: string, progress: Progress): Promise<Torch> {
  const directory = join(cache, 'torch', torchVersion);
  const [python, binaries] = [join(directory, 'venv', 'bin', 'python'), join(directory, 'binaries')];
  const isThere = () => succeeds([python, '-c', 'import torch'], 120_000);
  await withLock(`${directory}.lock`, progress, async () => {
    if (!(await isThere())) await install(directory, python, progress);
    await writeManifest(binaries, python);
  });
  return { python, binaries };
}

async function install(directory: string, python: string, progress: Progress): Promise<void> {
  progress(`installing PyTorch ${torchVersion} with CUDA (gigabytes: minutes)`);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await runCommand(['python3', '-m', 'venv', join(directory, 'venv')], { deadlineMs: 120_000 });
  const pip = [python, '-m', 'pip', 'install', '--no-input', '--quiet', `torch==${torchVersion}`];
  await runCommand(pip, { deadlineMs: installMsMax, progress });
}

/** The example's own, but for which Python it is run by and where it lies: the checkout may be another one by now. */
async function writeManifest(binaries: string, python: string): Promise<void> {
  const manifest = manifestSchema.parse(JSON.parse(await readFile(join(example, manifestName), 'utf8')));
  const placed = ([, ...words]: string[]) => [
    python,
    ...words.map((word) => (word.endsWith('.py') ? join(example, word) : word)),
  ];
  const text = JSON.stringify({
    ...manifest,
    ...{ command: placed(manifest.command), needs: placed(manifest.needs) },
  });
  await mkdir(binaries, { recursive: true });
  await writeFile(join(binaries, `${manifestName}.new`), text);
  await rename(join(binaries, `${manifestName}.new`), join(binaries, manifestName));
}

if (import.meta.main) {
  const torch = await ensureTorch(cacheDirectory(), (line) => console.error(line));
  console.log(JSON.stringify(torch));
}
