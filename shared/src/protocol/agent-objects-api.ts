/**
 * How a GPU host's agent brings results and checkpoints to its region's scheduler, piece by piece, so that a broken
 * connection costs one piece and never the whole:
 *
 *     HEAD /agent/v1/objects/{key}                                  200, how much is kept (0: nothing), whether it is whole
 *     PUT  /agent/v1/objects/{key}?offset=N                         204, kept; 409 where N is not what is kept already
 *     PUT  /agent/v1/objects/{key}?offset=N&complete={sha256 hex}   201, whole; 400 and nothing kept where the digest differs
 *     GET  /agent/v1/objects/{key}                                  200, the bytes of a whole one (a checkpoint); 404
 *
 * Every answer to HEAD and PUT says in its headers how much is kept then. A key holds its attempt's id and is written by
 * that attempt alone, so that repeating a piece, or the whole, changes nothing. 507 (`volume_full`): later again.
 */
import { z } from 'zod';
import type { AttemptId, JobId } from '../ids.ts';

/** Beside `cellbook-agent-key`: whose key it is. */
export const agentHostHeader = 'cellbook-agent-host';
export const uploadOffsetHeader = 'cellbook-upload-offset';
/** `true` or `false`. */
export const uploadCompleteHeader = 'cellbook-upload-complete';

/** What a piece costs in memory on both sides, times as many uploads as a host has GPUs. */
export const uploadPieceBytesMax = 8 * 2 ** 20;

export const agentObjectKeySchema = z
  .string()
  .max(300)
  .regex(/^(results|checkpoints)\/job-[0-9a-z]{20}\/att-[0-9a-z]{20}\/[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/);

/** Under which all of one kind lies that a job's attempts have brought. */
export const jobObjectsPrefixOf = (kind: 'results' | 'checkpoints', jobId: JobId): string =>
  `${kind}/${jobId}/`;

export const jobObjectsPrefixSchema = z.string().regex(/^(results|checkpoints)\/job-[0-9a-z]{20}\/$/);

export const uploadQuerySchema = z.object({
  offset: z.coerce.number().int().nonnegative(),
  complete: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});

export const resultKeyOf = (jobId: JobId, attemptId: AttemptId, fileName: string): string =>
  agentObjectKeySchema.parse(`results/${jobId}/${attemptId}/${fileName}`);

/** Checkpoints of an attempt are numbered; a scheduler may forget all but the newest two. */
export const checkpointKeyOf = (jobId: JobId, attemptId: AttemptId, count: number): string =>
  agentObjectKeySchema.parse(`checkpoints/${jobId}/${attemptId}/${count}`);

export const agentObjectPath = (key: string): string => `/agent/v1/objects/${key}`;
