/**
 * What customers of three tiers see of a region whose GPUs are all taken:
 *
 *     free fills it ─▶ enterprise comes, one of free's is saved and stopped for it ─▶ it goes on where it was
 *     paid wants a model that only the other region has ─▶ it runs there
 *     one hangs ─▶ it is ended, and the others notice nothing;  one crashes whoever runs it ─▶ it is put aside
 */
import type { JobDetails } from '@cellbook/shared/protocol/job.ts';
import { must } from '../steps.ts';
import { hasEnded, type Jobs } from './jobs-client.ts';
import type { Customers } from './people.ts';
import type { GpuStage } from './stage.ts';
import { type PlayableVideo, playable } from './video.ts';

const small = { width: 128, height: 72, fps: 12, steps: 8, segmentFrames: 6 };
/** The better part of a minute of a GPU, and next to nothing of a processor. */
const long = { ...small, durationSeconds: 6, frameMs: 700 };
const short = { ...small, durationSeconds: 2, frameMs: 60 };

export interface Told {
  preemption: { job: string; savedMs: number; framesEqual: boolean; enterpriseStartMs: number };
  spillover: { job: string; from: string; to: string };
  hang: { job: string; class: string; ranMs: number };
  deadLetter: { job: string; attempts: { class: string; host: string }[] };
  videos: ({ tier: string; bytes: number } & PlayableVideo)[];
}

type Video = Told['videos'][number];

export async function tellStory(stage: GpuStage, { free, paid, enterprise }: Customers): Promise<Told> {
  const { steps } = stage;
  const [filling, preempted] = await steps.run('free fills the region', async () => {
    const jobs = [
      await free.submit({
        prompt: 'a slow river in the fog',
        parameters: { ...long, seed: 1 },
        gpus: 8,
        skus: ['H200'],
      }),
      await free.submit({
        prompt: 'a red fox in the snow',
        parameters: { ...long, seed: 2 },
        gpus: 4,
        skus: ['A100'],
      }),
    ] as const;
    for (const { id } of jobs) await free.until(id, 'to run', ({ startedAt }) => startedAt !== null);
    return jobs;
  });
  const spilled = await steps.run('paid runs in the other region', async () => {
    const parameters = { ...short, seed: 3 };
    const { id } = await paid.submit({ prompt: 'a lighthouse at night', parameters, skus: ['L4'] });
    return succeeded(paid, id);
  });
  must(spilled.region !== stage.region, `${spilled.id} to run in another region, not in ${spilled.region}`);
  const urgent = await steps.run('enterprise is given its GPUs', async () => {
    const parameters = { ...short, seed: 4 };
    const { id } = await enterprise.submit({
      prompt: 'a city from above',
      parameters,
      gpus: 4,
      skus: ['A100'],
    });
    return enterprise.until(id, 'to run', ({ startedAt }) => startedAt !== null);
  });
  const resumed = await steps.run('the job that made way goes on', () => succeeded(free, preempted.id));
  const kept = resumed.tries.find(({ outcome }) => outcome === 'preempted');
  must(kept !== undefined && kept.savedMs > 0, `${preempted.id} to have been saved and stopped`);
  must((await free.log(preempted.id)).includes('going on from frame'), 'its log to say that it went on');
  const hung = await steps.run('a hang is contained', () => contained(paid));
  const dead = await steps.run('a crash is put aside', () => putAside(paid));
  const again = await steps.run('the same video without interruption', async () => {
    const { id } = await enterprise.submit({
      prompt: 'a red fox in the snow',
      parameters: { ...long, seed: 2, frameMs: 0 },
    });
    return succeeded(enterprise, id);
  });
  const videos = await steps.run('all videos play', async () => [
    await video(free, 'free', resumed),
    await video(free, 'free', await succeeded(free, filling.id)),
    await video(paid, 'paid', spilled),
    await video(enterprise, 'enterprise', await succeeded(enterprise, urgent.id)),
    await video(enterprise, 'enterprise', again),
  ]);
  const framesEqual = videos[0]?.digest === videos[4]?.digest;
  must(framesEqual, 'the frames of the interrupted video to be those of the uninterrupted one');
  const enterpriseStartMs = Date.parse(urgent.startedAt ?? '') - Date.parse(urgent.submittedAt);
  return {
    preemption: { job: preempted.id, savedMs: Math.round(kept.savedMs), framesEqual, enterpriseStartMs },
    spillover: { job: spilled.id, from: stage.region, to: spilled.region },
    ...{ hang: hung, deadLetter: dead, videos },
  };
}

async function contained(paid: Jobs): Promise<Told['hang']> {
  const parameters = { ...short, seed: 5, fault: { kind: 'hang', atFrame: 3 } };
  const bystander = await paid.submit({ prompt: 'a quiet garden', parameters: { ...short, seed: 6 } });
  const { id } = await paid.submit({ prompt: 'a picture that hangs', parameters, attempts: 1 });
  const job = await paid.until(id, 'to be ended', hasEnded);
  await succeeded(paid, bystander.id);
  const [attempt] = job.tries;
  must(attempt?.failed?.class === 'hung', `${id} to be ended as hung, not ${attempt?.failed?.class}`);
  return { job: id, class: attempt.failed.class, ranMs: Math.round(attempt.ranMs ?? 0) };
}

async function putAside(paid: Jobs): Promise<Told['deadLetter']> {
  const parameters = { ...short, seed: 7, fault: { kind: 'crash', atFrame: 2 } };
  const { id } = await paid.submit({ prompt: 'a picture that crashes', parameters, attempts: 2 });
  const job = await paid.until(id, 'to be put aside', hasEnded);
  must(job.phase === 'dead_lettered', `${id} to be dead-lettered, not ${job.phase}`);
  const attempts = job.tries.map(({ host, failed }) => ({ host, class: failed?.class ?? 'none' }));
  must(new Set(attempts.map(({ host }) => host)).size === attempts.length, 'each try to be on another host');
  return { job: id, attempts };
}

async function succeeded(jobs: Jobs, id: JobDetails['id']): Promise<JobDetails> {
  const job = await jobs.until(id, 'to end', hasEnded);
  must(job.phase === 'succeeded', `${id} to succeed, not ${job.phase}: ${job.because}`);
  return job;
}

async function video(jobs: Jobs, tier: string, { id }: JobDetails): Promise<Video> {
  const { path, bytes } = await jobs.fetchVideo(id, id);
  return { tier, bytes, ...(await playable(path)) };
}
