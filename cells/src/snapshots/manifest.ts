/**
 * What an image is put together from: its files, small ones here, large ones as chunks in order. Sealed under the
 * name of the sandbox it is of, so that an older one of the same workspace cannot be put in its place. It is
 * written last: without it there is no image.
 */
import { limits } from '@cellbook/shared/limits.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import { snapshotFingerprintSchema } from '../sandbox/snapshot/fingerprint.ts';
import { openBox, sealBox } from './box.ts';
import { chunkSchema } from './chunk.ts';
import { type ImageKey, subkeysOf } from './image-key.ts';

/** Below the image's directory, which nothing may leave. */
const path = z
  .string()
  .refine((text) => /^[\w.-]+(\/[\w.-]+)*$/.test(text) && !/(^|\/)\.\.?(\/|$)/.test(text));

const imageFileSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('inline'), path, base64: z.base64() }),
  z.object({ kind: z.literal('chunks'), path, chunks: z.array(chunkSchema) }),
]);
export type ImageFile = z.infer<typeof imageFileSchema>;

const { soughtMax } = limits.snapshots;
/** Chunks of a file that are likely wanted first, by their indices. */
const readFirstSchema = z.object({ path, chunks: z.array(z.int().nonnegative()).max(soughtMax) });
export type ReadFirst = z.infer<typeof readFirstSchema>;

const manifestSchema = z.object({
  formatVersion: z.literal(1),
  fingerprint: snapshotFingerprintSchema,
  bytes: z.int().nonnegative(),
  files: z.array(imageFileSchema),
  /** Images before it say nothing of it. */
  readFirst: z.array(readFirstSchema).default([]),
});
export type ImageManifest = z.infer<typeof manifestSchema>;

export function sealManifest(key: ImageKey, of: string, manifest: ImageManifest, random: Random): Buffer {
  const bound = { key: subkeysOf(key).manifests, name: boundTo(of) };
  const sealed = Buffer.concat(sealBox(bound, Buffer.from(JSON.stringify(manifest)), random));
  if (sealed.length > limits.snapshots.manifestBytesMax) throw new Error('an image has too many pieces');
  return sealed;
}

/** Null where it does not open under this key, or is of another image. */
export function openManifest(key: ImageKey, of: string, sealed: Buffer): ImageManifest | null {
  const plain = openBox({ key: subkeysOf(key).manifests, name: boundTo(of) }, sealed);
  return plain && manifestSchema.parse(JSON.parse(plain.toString()));
}

const boundTo = (of: string): string => `cellbook image 1\n${of}`;
