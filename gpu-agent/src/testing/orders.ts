/** Orders and ids for tests. */
import {
  type AttemptId,
  attemptIdSchema,
  type JobId,
  jobIdSchema,
  orgIdSchema,
} from '@cellbook/shared/ids.ts';
import type { AgentOrders, RunOrder } from '@cellbook/shared/protocol/gpu-agent-api.ts';

/** Of this test file alone: a program is found, and ended, by its attempt's id, and files run side by side. */
const file = `${process.pid}${process.env.VITEST_WORKER_ID ?? ''}`;
const body = (number: number): string => `${file}x${number}`.padStart(20, '0');
export const attemptOf = (number: number): AttemptId => attemptIdSchema.parse(`att-${body(number)}`);
export const jobOf = (number: number): JobId => jobIdSchema.parse(`job-${body(number)}`);

export function runOrder(attemptId: AttemptId, other: Partial<RunOrder> = {}): RunOrder {
  return {
    attemptId,
    jobId: jobIdSchema.parse(attemptId.replace('att-', 'job-')),
    orgId: orgIdSchema.parse(`org-${body(1)}`),
    epoch: 1,
    kind: 'video',
    binary: 'video-renderer',
    version: '1',
    devices: [0],
    prompt: 'a fox in the snow',
    parameters: {},
    checkpointKey: null,
    savedMs: 0,
    wallMsLeft: 600_000,
    gpuMemoryMib: 1_024,
    checkpoints: true,
    ...other,
  };
}

export const ordersOf = (other: Partial<AgentOrders>): AgentOrders => ({
  ...{ leaderless: false, epoch: 1, leaseMs: 60_000, run: [], stop: [], forget: [], quarantined: [] },
  ...other,
});
