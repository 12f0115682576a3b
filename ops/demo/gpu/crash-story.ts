/** The scheduler's leader and a host's agent are killed with -9 while jobs run: none is lost, and none ends twice. */
import { killProgram } from '../../up/processes/kill-program.ts';
import { must } from '../steps.ts';
import { hasEnded, type Jobs } from './jobs-client.ts';
import type { GpuStage } from './stage.ts';

export interface CrashTold {
  leader: { job: string; attempts: number; ranThroughIt: boolean };
  agent: { job: string; attempts: number; goesOnFromMs: number };
}

const parameters = {
  width: 128,
  height: 72,
  fps: 12,
  steps: 8,
  segmentFrames: 6,
  durationSeconds: 3,
  frameMs: 250,
};

export async function tellCrashes(stage: GpuStage, jobs: Jobs): Promise<CrashTold> {
  const { steps, home, region } = stage;
  const leader = await steps.run('the leader is killed', async () => {
    const { id } = await jobs.submit({ prompt: 'waves on a beach', parameters: { ...parameters, seed: 11 } });
    await jobs.until(id, 'to run', ({ startedAt }) => startedAt !== null);
    killProgram(home, `scheduler-gpu-${region}`);
    const later = await jobs
      .submit({ prompt: 'rain on a window', parameters: { ...parameters, seed: 12, frameMs: 0 } })
      .catch(() => null);
    const job = await jobs.until(id, 'to end', hasEnded);
    must(job.phase === 'succeeded', `${id} to succeed, not ${job.phase}: ${job.because}`);
    if (later) await jobs.until(later.id, 'to end', hasEnded);
    return { job: id, attempts: job.attempts, ranThroughIt: job.attempts === 1 };
  });
  must(leader.ranThroughIt, 'what ran to run on while nobody led');
  const agent = await steps.run('a host’s agent is killed', async () => {
    const { id } = await jobs.submit({
      prompt: 'a train in the hills',
      parameters: { ...parameters, seed: 13 },
    });
    const { tries } = await jobs.until(id, 'to run', ({ startedAt }) => startedAt !== null);
    killProgram(home, `gpu-agent-${tries[0]?.host}`);
    const job = await jobs.until(id, 'to end', hasEnded);
    must(job.phase === 'succeeded', `${id} to succeed, not ${job.phase}: ${job.because}`);
    must(job.attempts === 2, `${id} to have been tried twice, not ${job.attempts} times`);
    return { job: id, attempts: job.attempts, goesOnFromMs: job.tries[0]?.savedMs ?? 0 };
  });
  return { leader, agent };
}
