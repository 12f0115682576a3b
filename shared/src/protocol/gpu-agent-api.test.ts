import { expect, it, test } from 'vitest';
import { attemptReportSchema, deviceSchema } from './gpu-agent-api.ts';

const report = {
  ...{ attemptId: `att-${'a'.repeat(20)}`, jobId: `job-${'a'.repeat(20)}`, epoch: 1 },
  ...{ state: { phase: 'running' }, ranMs: 1, savedMs: 0, checkpointKey: null, progress: null },
};
const ended = (outcome: object) => ({ ...report, state: { phase: 'ended', outcome } });

it('takes text of a program without what Postgres does not take', () => {
  const half = 'a fox \ud83e';
  const detail = `${half}\0`;
  expect(
    attemptReportSchema.parse({
      ...ended({ kind: 'failed', class: 'crashed', detail }),
      logTail: '\0\udd8a🦊',
    }),
  ).toMatchObject({ state: { outcome: { detail: 'a fox �' } }, logTail: '�🦊' });
  const device = { index: 0, uuid: 'GPU-1', sku: 'H\0', memoryMib: 1, healthy: false, problem: half };
  expect(deviceSchema.parse(device)).toMatchObject({ sku: 'H', problem: 'a fox �' });
  expect(deviceSchema.safeParse({ ...device, sku: '\0' }).success).toBe(false);
});

test.each([
  { ...report, ranMs: 1e20 },
  { ...report, savedMs: 1e20 },
  { ...report, memoryMibMax: 1e20 },
  { ...report, ranMs: Number.POSITIVE_INFINITY },
  ended({ kind: 'succeeded', resultKey: 'r', bytes: 1e20 }),
  ended({ kind: 'succeeded', resultKey: 'r', bytes: 0.5 }),
])('takes no number that nobody could mean: %j', (told) => {
  expect(attemptReportSchema.safeParse(told).success).toBe(false);
});
