/**
 * What a GPU host's agent and its region's scheduler say to each other. The agent asks, always: one POST
 * `/agent/v1/report` at a time, which says everything it has (a report is a whole picture, so that a lost one costs
 * nothing) and is answered at once when there is something new to do, else after `waitMs`. The answer says everything the
 * host should have: what is not in it has no right to run. Each answer renews the leases of what is in it; the agent
 * counts from when it sent the report, on its own monotonic clock, and stops whatever lease is about to end. An answer
 * with an older epoch than one seen is dropped, and so is a report of an older generation.
 *
 *     agent                                    scheduler (any instance)
 *       │ report {generation, seen, attempts}       │
 *       ├──────────────────────────────────────────▶│ a follower that knows of no leader: 200 {leaderless: true}:
 *       │◀──────────────────────────────────────────┤   leases last as if it had answered; nothing new starts
 *       │ orders {epoch, leaseMs, run: […], stop: […]}
 */
import { z } from 'zod';
import { toldText } from '../gpu/told-text.ts';
import { attemptIdSchema, hostIdSchema, jobIdSchema, orgIdSchema } from '../ids.ts';
import { limits } from '../limits.ts';

/** Beside `cellbook-agent-host` (agent-objects-api.ts), on everything: both are looked at before a body is read. */
export const agentKeyHeader = 'cellbook-agent-key';

/**
 * What is wrong with a device: its driver does not answer or cannot tell, memory errors that were not corrected, memory
 * that wants a reset, an error in the kernel's log (Xid), it is there no more, something that is over is still on it,
 * or configuration says so (simulated ones).
 */
export const deviceCauseSchema = z.enum(['driver', 'ecc', 'memory', 'xid', 'gone', 'stuck', 'told']);
export type DeviceCause = z.infer<typeof deviceCauseSchema>;

export const deviceSchema = z.object({
  index: z.int().min(0).max(63),
  /** `GPU-…` or `MIG-…` as the driver names it; simulated ones `SIM-…`. */
  uuid: toldText().max(80),
  sku: toldText().min(1).max(40),
  memoryMib: z.int().positive(),
  healthy: z.boolean(),
  /** Why not; empty when healthy. */
  problem: toldText().max(300).default(''),
  /** Absent when healthy. */
  cause: deviceCauseSchema.optional(),
});
export type Device = z.infer<typeof deviceSchema>;

const { told, objects } = limits.gpuAgent;

export const failureClassSchema = z.enum([
  'crashed',
  'out_of_memory',
  'hung',
  'no_progress',
  'wall_clock',
  'bad_output',
  'host_fault',
  'lost',
  'refused',
]);

export const attemptReportSchema = z.object({
  attemptId: attemptIdSchema,
  jobId: jobIdSchema,
  /** The epoch of the order it was started by. */
  epoch: z.int().nonnegative(),
  state: z.discriminatedUnion('phase', [
    z.object({ phase: z.literal('starting') }),
    z.object({ phase: z.literal('running') }),
    z.object({ phase: z.literal('stopping') }),
    /** Told until an answer names it in `forget`. */
    z.object({
      phase: z.literal('ended'),
      outcome: z.discriminatedUnion('kind', [
        z.object({
          kind: z.literal('succeeded'),
          resultKey: toldText().max(300),
          bytes: z.int().nonnegative().max(objects.resultBytesMax),
        }),
        z.object({ kind: z.literal('failed'), class: failureClassSchema, detail: toldText().max(2000) }),
        z.object({ kind: z.literal('preempted') }),
        z.object({ kind: z.literal('cancelled') }),
      ]),
    }),
  ]),
  /** How long its processes have run, and what the last checkpoint saved of the job's running time. */
  ranMs: z.number().nonnegative().max(told.ranMsMax),
  savedMs: z.number().nonnegative().max(told.ranMsMax),
  checkpointKey: toldText().max(300).nullable(),
  progress: z.number().min(0).max(1).nullable(),
  /** The last lines it wrote, for the job's log. */
  logTail: toldText().max(16_384).default(''),
  memoryMibMax: z.number().nonnegative().max(told.memoryMibMax).default(0),
});
export type AttemptReport = z.infer<typeof attemptReportSchema>;

export const agentReportSchema = z.object({
  hostId: hostIdSchema,
  rack: toldText().max(40),
  /** Counts the agent's starts. */
  generation: z.int().nonnegative(),
  /** Counts the reports of this generation. */
  sequence: z.int().nonnegative(),
  /** The highest epoch it has seen. */
  epoch: z.int().nonnegative(),
  devices: z.array(deviceSchema).max(64),
  draining: z.boolean(),
  /** Binary versions that it has at hand, `name@version`. */
  binaries: z.array(toldText().max(100)).max(200),
  attempts: z.array(attemptReportSchema).max(512),
  waitMs: z.int().min(0).max(30_000),
});
export type AgentReport = z.infer<typeof agentReportSchema>;

export const runOrderSchema = z.object({
  attemptId: attemptIdSchema,
  jobId: jobIdSchema,
  orgId: orgIdSchema,
  epoch: z.int().nonnegative(),
  kind: z.string().max(40),
  binary: z.string().max(60),
  version: z.string().max(40),
  devices: z.array(z.int()).max(64),
  /** Handed to the binary as they came. */
  prompt: z.string().max(20_000),
  parameters: z.record(z.string(), z.unknown()),
  /** Where it goes on from; null: from the start. */
  checkpointKey: z.string().max(300).nullable(),
  /** What that checkpoint holds of the job's running time. */
  savedMs: z.number().nonnegative().default(0),
  wallMsLeft: z.number().nonnegative(),
  gpuMemoryMib: z.number().nonnegative(),
  checkpoints: z.boolean(),
});
export type RunOrder = z.infer<typeof runOrderSchema>;

export const agentOrdersSchema = z.object({
  /** Nobody leads: go on with what runs, start and stop nothing. `epoch` and the lists say nothing then. */
  leaderless: z.boolean(),
  epoch: z.int().nonnegative(),
  leaseMs: z.int().positive(),
  /** Everything that may run here, started already or not. */
  run: z.array(runOrderSchema).max(512),
  /** What must stop: with a checkpoint where `save`, and be reported ended by then. */
  stop: z
    .array(
      z.object({
        attemptId: attemptIdSchema,
        because: z.enum(['preempted', 'cancelled', 'superseded']),
        save: z.boolean(),
        stopMs: z.number().nonnegative(),
      }),
    )
    .max(512),
  /** Ended attempts whose end is on record. */
  forget: z.array(attemptIdSchema).max(1024),
  /** Devices that must not be used though they look healthy. */
  quarantined: z.array(z.int()).max(64),
});
export type AgentOrders = z.infer<typeof agentOrdersSchema>;
