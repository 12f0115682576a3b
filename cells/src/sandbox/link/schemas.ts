/** What the supervisor may say, parsed once: the inside of a sandbox is not trusted. */
import { kernelIdSchema } from '@cellbook/shared/ids.ts';
import { z } from 'zod';

const count = z.number().int().nonnegative();

export const helloSchema = z.object({
  protoMin: count,
  protoMax: count,
  build: z.string().max(100),
  lastSeq: count,
  python: z.string().max(100),
  ipykernel: z.string().max(100).nullable(),
  renewed: count.optional(),
  pending: count.optional(),
});

export const kernelStateSchema = z.enum(['starting', 'idle', 'busy', 'restarting', 'dead']);

export const kernelExitSchema = z.discriminatedUnion('reason', [
  z.object({ reason: z.literal('shutdown') }),
  z.object({ reason: z.literal('out_of_memory'), memoryBytesMax: count, residentBytes: count }),
  z.object({ reason: z.literal('exited'), exitCode: z.number().nullable(), signal: z.number().nullable() }),
]);

export const kernelStateReportSchema = z.object({
  kernelId: kernelIdSchema,
  state: kernelStateSchema,
  exit: kernelExitSchema.optional(),
});

export const heartbeatSchema = z.object({
  memoryBytes: count,
  cpuMs: count,
  processes: count,
  kernels: z.array(
    z.object({
      kernelId: kernelIdSchema,
      state: kernelStateSchema,
      memoryBytes: count,
      lastActivityMs: count,
      responsive: z.boolean(),
    }),
  ),
});

export const kernelspecsSchema = z.record(
  z.string(),
  z.object({ name: z.string(), spec: z.record(z.string(), z.unknown()), resources: z.array(z.string()) }),
);

export const runDoneSchema = z.object({ exitCode: z.number().int(), stdoutBytes: count, stderrBytes: count });

const surveyed = z.object({ stream: count, receivedBytes: count, acceptedBytes: count });

export const surveySchema = z.object({
  kernels: z.array(surveyed.extend({ kernelId: kernelIdSchema, state: kernelStateSchema })),
  terminals: z.array(surveyed.extend({ name: z.string() })),
});

/** From a host daemon, which is trusted, on the same stream. */
export const sandboxExitSchema = z.discriminatedUnion('reason', [
  z.object({ reason: z.literal('stopped') }),
  z.object({ reason: z.literal('files_lost') }),
  z.object({ reason: z.literal('out_of_memory'), memoryBytesMax: count }),
  z.object({
    reason: z.literal('crashed'),
    exitCode: z.number().nullable(),
    signal: z.string().nullable(),
    stderrTail: z.string(),
  }),
]);

export const kernelInfoSchema = z.record(z.string(), z.unknown());

/** The codes a supervisor may answer with; any other becomes `sandbox_unavailable`. */
export const refusalSchema = z.object({
  code: z
    .enum([
      'bad_request',
      'not_found',
      'already_exists',
      'conflict',
      'gone',
      'unknown_kernelspec',
      'too_large',
      'not_implemented',
      'sandbox_unavailable',
      'command_timeout',
    ])
    .catch('sandbox_unavailable'),
  problem: z.string().max(8192),
  ids: z.record(z.string(), z.union([z.string(), z.number()])).catch({}),
});
