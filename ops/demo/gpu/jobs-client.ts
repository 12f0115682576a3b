/** `/v1/jobs` as a customer's program uses it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Job, type JobDetails, jobDetailsSchema, jobSchema } from '@cellbook/shared/protocol/job.ts';
import { jobLogSchema, jobResultSchema } from '@cellbook/shared/protocol/jobs-api.ts';
import { callJson } from '../../client/http.ts';
import { waitUntil } from '../../up/wait-until.ts';
import type { GpuStage } from './stage.ts';

export interface Wanted {
  prompt: string;
  parameters?: Record<string, unknown>;
  /** Of `resources`. */
  gpus?: number;
  skus?: string[];
  attempts?: number;
  wallSeconds?: number;
}

export interface Jobs {
  submit(wanted: Wanted): Promise<Job>;
  get(id: Job['id']): Promise<JobDetails>;
  /** Looks again and again until it is as wanted. */
  until(
    id: Job['id'],
    what: string,
    is: (job: JobDetails) => boolean,
    deadlineMs?: number,
  ): Promise<JobDetails>;
  cancel(id: Job['id']): Promise<void>;
  log(id: Job['id']): Promise<string>;
  /** The bytes of its result, whole and by a range, as a file. */
  fetchVideo(id: Job['id'], name: string): Promise<{ path: string; bytes: number }>;
}

const endedPhases = new Set<string>(['succeeded', 'failed', 'timed_out', 'cancelled', 'dead_lettered']);
export const hasEnded = ({ phase }: JobDetails): boolean => endedPhases.has(phase);

export function jobsClient({ origin, clock, random, videos }: GpuStage, token: string): Jobs {
  const headers = { authorization: `token ${token}` };
  const get = async (id: string) =>
    jobDetailsSchema.parse(await callJson(origin, { method: 'GET', path: `/v1/jobs/${id}`, headers }));
  return {
    get,
    async submit({ prompt, parameters = {}, gpus = 1, skus, attempts, wallSeconds }) {
      const json = {
        task: { kind: 'video', prompt, parameters },
        resources: { gpus, ...(skus && { skus }) },
        ...(attempts !== undefined && { attempts }),
        ...(wallSeconds !== undefined && { wallSeconds }),
        // Each is to run by itself, also where an earlier one was the same.
        reuse: 'off',
      };
      const key = { 'idempotency-key': random.uuid() };
      return jobSchema.parse(
        await callJson(origin, { method: 'POST', path: '/v1/jobs', headers: { ...headers, ...key }, json }),
      );
    },
    until(id, what, is, deadlineMs = 80_000) {
      const look = async () => {
        // A scheduler that was killed is away for a moment.
        const job = await get(id).catch(() => null);
        return job && is(job) ? job : null;
      };
      return waitUntil(look, { clock, deadlineMs, what: `job ${id} ${what}`, pollMs: 200 });
    },
    async cancel(id) {
      await callJson(origin, { method: 'POST', path: `/v1/jobs/${id}/cancel`, headers });
    },
    async log(id) {
      const answer = await callJson(origin, { method: 'GET', path: `/v1/jobs/${id}/logs`, headers });
      return jobLogSchema
        .parse(answer)
        .attempts.map(({ tail }) => tail)
        .join('\n');
    },
    async fetchVideo(id, name) {
      const answer = await callJson(origin, { method: 'GET', path: `/v1/jobs/${id}/result`, headers });
      const { url, bytes } = jobResultSchema.parse(answer);
      const whole = new Uint8Array(await (await fetch(url)).arrayBuffer());
      const part = await fetch(url, { headers: { range: 'bytes=4-11' } });
      const same = Buffer.from(await part.arrayBuffer()).equals(Buffer.from(whole.subarray(4, 12)));
      if (part.status !== 206 || !same || whole.length !== bytes)
        throw new Error(`the result of ${id} is not what it should be`);
      const path = join(videos, `${name}.mp4`);
      await writeFile(path, whole);
      return { path, bytes };
    },
  };
}
