/** The key that a workspace's images are sealed with. A host gets it with the command that needs it, and keeps it nowhere. */
import { hkdfSync } from 'node:crypto';
import { z } from 'zod';

export const imageKeyBytes = 32;

export const imageKeySchema = z
  .instanceof(Uint8Array)
  .refine(({ length }) => length === imageKeyBytes, 'an image key has 256 bits')
  .brand('ImageKey');
export type ImageKey = z.infer<typeof imageKeySchema>;

/** As it goes over the wire, and as it is sealed. */
export const imageKeyText = z
  .base64()
  .transform((text) => new Uint8Array(Buffer.from(text, 'base64')))
  .pipe(imageKeySchema);
export const textOf = (key: ImageKey): string => Buffer.from(key).toString('base64');

/** One key for one use (RFC 5869). */
export interface ImageSubkeys {
  names: Buffer;
  chunks: Buffer;
  manifests: Buffer;
}

export function subkeysOf(key: Uint8Array): ImageSubkeys {
  const derive = (use: string) => Buffer.from(hkdfSync('sha256', key, '', `cellbook image ${use} 1`, 32));
  return { names: derive('names'), chunks: derive('chunks'), manifests: derive('manifests') };
}
