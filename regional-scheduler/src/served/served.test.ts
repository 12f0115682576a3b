import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jobSchema } from '@cellbook/shared/protocol/job.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { servedJobSchema } from '../sim/diagnose/main.ts';
import { type JobsUnderTest, jobsUnderTest } from '../testing/jobs-under-test.ts';
import { exportServed } from './main.ts';

let under: JobsUnderTest;
const directory = mkdtempSync(join(tmpdir(), 'cellbook-served-'));
beforeAll(async () => {
  under = await jobsUnderTest();
  under.jobs.start();
});
afterAll(async () => {
  await under?.close();
  rmSync(directory, { recursive: true });
});

it('what a region served, and what came of it, is written as the diagnosis reads it', async () => {
  const who = under.newWho();
  const submit = async (steps: number) => {
    const answer = await under.submit(who, {
      task: { kind: 'video', prompt: 'a fox', parameters: { steps } },
    });
    const { id } = jobSchema.parse(await answer.json());
    await under.takeIn(id);
    return id;
  };
  const [ended] = [await submit(50), await submit(20)];
  const attemptId = await under.run(ended);
  await under.clock.advance(70_000);
  await under.succeed(ended, attemptId);
  const output = join(directory, 'served.jsonl');
  await expect
    .poll(() => exportServed(under.databaseUrl, output, 0), { timeout: 25_000 })
    .toMatchObject({ jobs: 1 });
  const [line = '', ...more] = readFileSync(output, 'utf8').trim().split('\n');
  expect(more).toEqual([]);
  const served = servedJobSchema.parse(JSON.parse(line));
  expect(served).toMatchObject({ p50Seconds: 60, seconds: 50, holder: who.org });
  expect(served.values).toMatchObject({ steps: '50', kind: 'video' });
  expect(served.values).toEqual(served.servedValues);
  // Its processes ended twenty seconds before anybody was told.
  expect(served.labelMs - served.endedMs).toBe(21_000);
  expect(line).not.toContain('fox');
});

it('a time from which on leaves out what came before', async () => {
  const output = join(directory, 'later.jsonl');
  expect(await exportServed(under.databaseUrl, output, under.clock.nowMs() + 1)).toMatchObject({
    jobs: 0,
    left: 0,
  });
});
