/** Follows a job's events until it has ended: comes back with the last id where the stream ends, as it does now and then. */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { type Job, jobSchema } from '@cellbook/shared/protocol/job.ts';
import { jobProgressEventSchema } from '@cellbook/shared/protocol/jobs-api.ts';
import { z } from 'zod';
import { refusalOf } from '../../clients/typescript/client.ts';

export interface Following {
  url: string;
  token: string;
  jobId: string;
  clock: Clock;
  onJob(job: Job, what: string): void;
  onProgress(progress: number): void;
}

const eventSchema = z.object({ job: jobSchema, what: z.string() });
const comeBackMs = 1_000;

/** The job as it ended. */
export async function followJob(following: Following): Promise<Job> {
  let last: Job | null = null;
  let lastEventId = '';
  for (;;) {
    const answer = await ask(following, lastEventId);
    if (answer.status === 204 && last) return last;
    if (!answer.ok && answer.status !== 503) throw refusalOf(await answer.json().catch(() => null), answer);
    if (answer.ok)
      for await (const { id, event, data } of eventsIn(answer)) {
        if (id !== '') lastEventId = id;
        if (event === 'progress')
          following.onProgress(jobProgressEventSchema.parse(JSON.parse(data)).progress);
        if (event !== 'job') continue;
        const told = eventSchema.parse(JSON.parse(data));
        last = told.job;
        following.onJob(told.job, told.what);
        if (told.job.endedAt !== null && told.job.phase !== 'spilled') return told.job;
      }
    await sleep(following.clock, comeBackMs);
  }
}

const ask = ({ url, token, jobId }: Following, lastEventId: string): Promise<Response> =>
  fetch(new URL(`/v1/jobs/${jobId}/events`, url), {
    headers: {
      authorization: `Bearer ${token}`,
      ...(lastEventId !== '' && { 'last-event-id': lastEventId }),
    },
  });

interface Told {
  id: string;
  event: string;
  data: string;
}

async function* eventsIn(answer: Response): AsyncGenerator<Told> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const bytes of answer.body ?? []) {
    text += decoder.decode(bytes, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      yield eventOf(text.slice(0, end));
      text = text.slice(end + 2);
    }
  }
}

function eventOf(text: string): Told {
  const told: Told = { id: '', event: '', data: '' };
  for (const line of text.split('\n')) {
    const [name, value = ''] = line.split(/: ?(.*)/s);
    if (name === 'id' || name === 'event' || name === 'data') told[name] = value;
  }
  return told;
}
