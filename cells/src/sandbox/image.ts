/** A built image as a cell reads it, also while no sandbox runs: kernelspecs are answered from here. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { z } from 'zod';
import { type GoldenRecipe, goldenRecipeSchema, pythonRecipe } from './golden/make-golden-image.ts';
import type { KernelspecEntry } from './link/supervisor-link.ts';

const imageSchema = z.object({
  formatVersion: z.literal(1),
  digest: z.string(),
  name: z.string(),
  /** What a kernel does before it is anybody's. */
  golden: goldenRecipeSchema.default(pythonRecipe),
  kernelspecs: z.record(
    z.string(),
    z.object({
      name: z.string(),
      spec: z.record(z.string(), z.unknown()),
      resources: z.array(z.string()),
      directory: z.string(),
    }),
  ),
});

export interface SandboxImage {
  digest: string;
  rootfs: string;
  golden: GoldenRecipe;
  kernelspecs: Record<string, KernelspecEntry>;
  /** The bytes of a file beside kernel.json. Throws `not_found`. */
  readKernelspecResource(kernelspec: string, file: string): Promise<Buffer>;
}

export async function readImage(imageDirectory: string): Promise<SandboxImage> {
  const image = imageSchema.parse(JSON.parse(await readFile(join(imageDirectory, 'image.json'), 'utf8')));
  const rootfs = join(imageDirectory, 'rootfs');
  const entries = Object.entries(image.kernelspecs);
  return {
    digest: image.digest,
    rootfs,
    golden: image.golden,
    kernelspecs: Object.fromEntries(
      entries.map(([key, { name, spec, resources }]) => [key, { name, spec, resources }]),
    ),
    async readKernelspecResource(kernelspec, file) {
      const entry = image.kernelspecs[kernelspec];
      if (!entry || basename(file) !== file || !['kernel.json', ...entry.resources].includes(file))
        throw new CellbookError('not_found', {
          doing: `reading ${file} of kernelspec ${kernelspec}`,
          problem: 'the image has no such file',
        });
      return readFile(join(rootfs, entry.directory, file));
    },
  };
}
