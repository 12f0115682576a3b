/**
 * What an image of a sandbox's memory is bound to: it comes back only where all of it is the same. Recorded
 * with the image, compared before a restore.
 */
import { z } from 'zod';

export const snapshotFingerprintSchema = z.object({
  /** The isolation's build, for example `release-20260914.0`. */
  runtime: z.string(),
  platform: z.string(),
  /** A digest of the processor's features: code that has looked for them at its start uses them afterwards. */
  cpuFeatures: z.string(),
  /** The sandbox's own image: the files of its root are not in the snapshot. */
  imageDigest: z.string(),
});
export type SnapshotFingerprint = z.infer<typeof snapshotFingerprintSchema>;

/** Null where it fits; otherwise why not, as a phrase for the resume's report. */
export function whyNotRestorable(image: SnapshotFingerprint, here: SnapshotFingerprint): string | null {
  if (image.runtime !== here.runtime) return `${image.runtime} made its image, and ${here.runtime} runs here`;
  if (image.platform !== here.platform)
    return `its image was made on ${image.platform}, and this host uses ${here.platform}`;
  if (image.cpuFeatures !== here.cpuFeatures)
    return 'its image was made on a processor with other features than this host has';
  if (image.imageDigest !== here.imageDigest) return 'its image was made with another sandbox image';
  return null;
}
