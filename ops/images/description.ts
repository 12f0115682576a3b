/** What an image is made of. Its digest names the built directory: another description is another image. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';

export const imageDescriptionSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
  /** A Debian or Ubuntu codename, or `host` for the release this machine runs. */
  suite: z.string(),
  packages: z.array(z.string().regex(/^[a-z0-9][a-z0-9.+-]+$/)).min(1),
  /** Files written over the packages', by absolute path. */
  files: z.record(z.string().startsWith('/'), z.string()),
  /** Kernels that it has to have when it is built. */
  kernelspecs: z.array(z.string().regex(/^[\w.-]{1,100}$/)).min(1),
  /** What a kernel does before it is anybody's: sandboxes come out of an image of its memory (cells/src/sandbox/golden). */
  golden: z.strictObject({
    kernelspec: z.string(),
    imports: z.array(z.string().regex(/^[A-Za-z_][\w.]*$/)),
  }),
  user: z.strictObject({
    name: z.string(),
    uid: z.number().int().min(1),
    gid: z.number().int().min(1),
    home: z.string().startsWith('/'),
  }),
});

export type ImageDescription = z.infer<typeof imageDescriptionSchema>;

type RootDescription = Omit<ImageDescription, 'golden' | 'kernelspecs'>;

/** Raised when the way images are built changes what comes out of one description. */
const buildRevision = 1;

export async function readDescription(path: string): Promise<ImageDescription> {
  return imageDescriptionSchema.parse(JSON.parse(await readFile(path, 'utf8')));
}

/** Of what is in its root file system: another golden image needs no other root. */
export function descriptionDigest(
  { golden, kernelspecs, ...description }: ImageDescription,
  architecture: string,
): string {
  const canonical = JSON.stringify({ buildRevision, architecture, ...sorted(description) });
  return createHash('sha256').update(canonical).digest('hex').slice(0, 16);
}

function sorted(description: RootDescription): RootDescription {
  const files = Object.fromEntries(Object.entries(description.files).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { ...description, packages: [...description.packages].sort(), files };
}
