/**
 * GPU jobs through the whole platform: edge, scheduler, agent, a program that renders. The parts have their own tests;
 * this is that they fit, and that kill -9 of the scheduler and of the agent costs no job.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, expect, it, vi } from 'vitest';
import { hasEnded } from '../demo/gpu/jobs-client.ts';
import { customers, operatorEmail } from '../demo/gpu/people.ts';
import { playable } from '../demo/gpu/video.ts';
import { timedSteps } from '../demo/steps.ts';
import { expressionsOf, gpuBoards } from '../monitoring/all-boards.ts';
import { gpuAlerts, gpuRecordings } from '../monitoring/all-rules.ts';
import { targetsOf } from '../monitoring/targets.ts';
import { readMetrics, scrape, targetLabels, unsaid } from '../monitoring/testing/scrape.ts';
import { killProgram } from '../up/processes/kill-program.ts';
import { useTestPlatform } from './test-platform.ts';

vi.stubEnv('CELLBOOK_OPERATORS', operatorEmail);
vi.stubEnv('CELLBOOK_POLICY', JSON.stringify({ preemption: { ranMsMin: 1_000 } }));
const platform = useTestPlatform({
  ...{ CELLBOOK_GPU: 'eu=A100*4', CELLBOOK_GPU_STANDBY: 'on', CELLBOOK_SANDBOX_DRIVER: 'none' },
});
const videos = mkdtempSync(join(tmpdir(), 'cellbook-videos-'));
afterAll(() => rmSync(videos, { recursive: true }));

const small = { width: 64, height: 64, fps: 12, steps: 4, segmentFrames: 3, seed: 5 };

it('a job that made way and whose host died, and one that ran on without a scheduler, end as videos that play', async () => {
  const { url: origin, home } = platform();
  const steps = timedSteps(systemClock, () => undefined);
  const stage = { origin, home, region: 'eu', videos, clock: systemClock, random: systemRandom, steps };
  const { free, enterprise } = await customers(stage);
  // All GPUs are free's, which is more than its share.
  const wanted = { prompt: 'a fox', parameters: { ...small, durationSeconds: 3, frameMs: 600 }, gpus: 2 };
  const both = [await free.submit(wanted), await free.submit(wanted)];
  for (const { id } of both)
    await free.until(id, 'to have what is worth saving', ({ progress }) => (progress ?? 0) > 0.2);
  const urgent = await enterprise.submit({
    prompt: 'a city',
    parameters: { ...small, durationSeconds: 1, frameMs: 250 },
    gpus: 2,
  });
  await enterprise.until(urgent.id, 'to run', ({ startedAt }) => startedAt !== null);
  killProgram(home, 'scheduler-gpu-eu');
  const served = await enterprise.until(urgent.id, 'to end', hasEnded);
  expect(served).toMatchObject({ phase: 'succeeded', attempts: 1 });

  const looked = await Promise.all(both.map(({ id }) => free.get(id)));
  const first = looked.find(({ tries }) => tries[0]?.outcome === 'preempted');
  if (!first) throw new Error(`none made way: ${JSON.stringify(looked.map(({ tries }) => tries))}`);
  expect(first.tries[0]?.savedMs).toBeGreaterThan(0);
  await free.until(
    first.id,
    'to go on',
    (job) => hasEnded(job) || (job.tries[1] !== undefined && job.tries[1].startedAt !== null),
  );
  killProgram(home, 'gpu-agent-gpu-eu-a');
  const last = await free.until(first.id, 'to end', hasEnded);
  expect(last).toMatchObject({ phase: 'succeeded' });
  expect(last.tries.map(({ failed }) => failed?.class ?? null)).toEqual([null, 'lost', null]);
  expect(await free.log(first.id)).toContain('going on from frame');

  const [one, other] = [
    await free.fetchVideo(first.id, 'free'),
    await enterprise.fetchVideo(urgent.id, 'enterprise'),
  ];
  expect(await playable(one.path)).toMatchObject({ codec: 'h264', frames: 36, seconds: 3 });
  expect(await playable(other.path)).toMatchObject({ codec: 'h264', frames: 12, seconds: 1 });
});

it('every metric that an alert or a dashboard of GPUs names is said by a scheduler or an agent, with its labels', async () => {
  const { home, url, cells, gpu } = platform();
  const targets = targetsOf(home, cells, Number(new URL(url).port), gpu, { standby: true });
  const ofGpu = targets.filter(({ job }) => job === 'cellbook-scheduler' || job === 'cellbook-gpu-agent');
  expect(ofGpu.map(({ job, labels }) => [job, labels.region])).toEqual([
    ['cellbook-scheduler', 'eu'],
    ['cellbook-scheduler', 'eu'],
    ['cellbook-gpu-agent', 'eu'],
  ]);
  const scraped = readMetrics(await Promise.all(ofGpu.map(scrape)));
  const named = [...gpuAlerts, ...gpuRecordings]
    .map(({ expr }) => expr)
    .concat(gpuBoards.flatMap(expressionsOf));
  expect(unsaid(named, scraped, targetLabels)).toEqual([]);
  // What was done above is there to be counted.
  expect(scraped.get('cellbook_scheduler_attempts_ended_total')).toContain('outcome');
  expect(scraped.get('cellbook_gpu_agent_transfer_seconds')).toContain('direction');
});
