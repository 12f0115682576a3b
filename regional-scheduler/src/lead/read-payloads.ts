/** Prompts and parameters from submissions; also those of jobs that a binary needs nothing told for. */
import type { JobId } from '@cellbook/shared/ids.ts';
import { asStoreOutage } from '@cellbook/shared/store-outage.ts';
import type { Payload } from '../core/reports/orders.ts';
import type { Database } from '../db/database.ts';
import type { ReadPayloads } from './payloads.ts';

interface PayloadRow extends Payload {
  job_id: JobId;
}

export const readPayloadsOf =
  ({ $client: sql }: Database): ReadPayloads =>
  async (jobIds) => {
    const rows = await sql<PayloadRow[]>`
      select job_id, coalesce(request ->> 'prompt', '') as prompt,
             coalesce(request -> 'parameters', '{}'::jsonb) as parameters
      from submissions where job_id = any(${[...jobIds]}::text[])`.catch((error: unknown) => {
      throw asStoreOutage(error, 'reading the prompts of jobs') ?? error;
    });
    return new Map(rows.map(({ job_id, prompt, parameters }) => [job_id, { prompt, parameters }]));
  };
