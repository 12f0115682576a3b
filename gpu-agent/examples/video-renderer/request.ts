/** What is asked of the renderer: a prompt and parameters, as the agent's job file holds them. */
import { createHash } from 'node:crypto';
import { z } from 'zod';

const faultKinds = ['hang', 'silent', 'stuck', 'crash', 'oom', 'rubbish', 'deaf'] as const;

const parametersSchema = z.object({
  durationSeconds: z.number().positive().max(600).default(4),
  fps: z.int().min(1).max(120).default(24),
  width: z.int().min(16).max(1920).multipleOf(2).default(320),
  height: z.int().min(16).max(1080).multipleOf(2).default(180),
  seed: z.int().nonnegative().default(0),
  /** Of refinement: each frame goes from noise to picture in so many. */
  steps: z.int().min(1).max(1_000).default(20),
  /** Frames between two places where a checkpoint can stand. */
  segmentFrames: z.int().min(1).max(600).default(12),
  /** No frame is done sooner: makes a small video take as long as a large one, at no cost of processor. */
  frameMs: z.number().nonnegative().max(60_000).default(0),
  /** Goes wrong on purpose, from that frame on (README). */
  fault: z
    .object({ kind: z.enum(faultKinds), atFrame: z.int().nonnegative().default(0) })
    .nullable()
    .default(null),
});

export const renderRequestSchema = z.object({
  prompt: z.string().max(20_000),
  parameters: z.preprocess((given) => given ?? {}, parametersSchema),
});
export type RenderRequest = z.infer<typeof renderRequestSchema>;
export type RenderParameters = RenderRequest['parameters'];
export type Fault = NonNullable<RenderParameters['fault']>;

export const framesOf = ({ durationSeconds, fps }: RenderParameters): number =>
  Math.max(1, Math.round(durationSeconds * fps));

/** What the picture depends on; a checkpoint of another picture is of no use. Faults and pace do not show in it. */
export function pictureDigest({ prompt, parameters }: RenderRequest): string {
  const { fault: _fault, frameMs: _pace, ...picture } = parameters;
  return createHash('sha256')
    .update(JSON.stringify([prompt, picture]))
    .digest('hex');
}
