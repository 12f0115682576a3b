/**
 * `/v1/secrets` and `/v1/org/secrets`: environment variables of every kernel and terminal, per user and per
 * organisation. Values go in and never come out: no answer carries one.
 */
import { z } from 'zod';

/** The names are those of environment variables; which ones are refused, the cell says. */
export const secretParamsSchema = z.object({ name: z.string().min(1).max(1_000) });

/** Not a strict object: a refusal would name the unknown key, and people mistake the value for one. */
export const putSecretSchema = z.object({ value: z.string() }).meta({ title: 'PutSecret' });

export const secretSchema = z
  .object({
    name: z.string(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ title: 'Secret' });
export type Secret = z.infer<typeof secretSchema>;

export const secretListSchema = z.object({ secrets: z.array(secretSchema) }).meta({ title: 'SecretList' });

/**
 * Who has a change already: running sandboxes of the cell that answers, for kernels and terminals started in them
 * from now on. An organisation's change is answered by one of the cells that have it.
 */
const deliverySchema = z.object({
  sandboxesUpdated: z.number().int(),
  /** Those that could not be told: they have it after their next start, or when the same is asked again. */
  sandboxesMissed: z.number().int(),
  /** In words, for people. */
  takesEffect: z.string(),
});

export const secretWrittenSchema = z
  .object({ ...secretSchema.shape, ...deliverySchema.shape })
  .meta({ title: 'SecretWritten' });
export const secretRemovedSchema = z
  .object({
    name: z.string(),
    /** False when there was none: asking twice is harmless. */
    removed: z.boolean(),
    ...deliverySchema.shape,
  })
  .meta({ title: 'SecretRemoved' });
