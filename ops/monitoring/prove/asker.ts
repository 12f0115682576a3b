/** Whoever asks the platform as a client does: by a token, under a key of its own for each request. */
import { jobSchema } from '@cellbook/shared/protocol/job.ts';
import { systemRandom } from '@cellbook/shared/random.ts';

export interface Asker {
  /** Any path of the edge; gives the status, 0 where there was no answer. */
  ask(method: string, path: string, body?: object): Promise<number>;
  /** Hands a GPU job in; its id, or null where it was not taken. */
  submit(job: object): Promise<string | null>;
}

const askDeadlineMs = 30_000;

export function askerOf(origin: string, token: string): Asker {
  const send = async (method: string, path: string, body?: object): Promise<Response | null> => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': systemRandom.uuid(),
    };
    const request = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    return fetch(origin + path, { ...request, signal: AbortSignal.timeout(askDeadlineMs) }).catch(() => null);
  };
  return {
    async ask(method, path, body) {
      const answer = await send(method, path, body);
      await answer?.arrayBuffer().catch(() => undefined);
      return answer?.status ?? 0;
    },
    async submit(job) {
      const answer = await send('POST', '/v1/jobs', { ...job, reuse: 'off' });
      const made = jobSchema.safeParse(await answer?.json().catch(() => null));
      return made.success ? made.data.id : null;
    },
  };
}
