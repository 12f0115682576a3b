/** Requests to a diffusion service with what is known of each when it comes, and how long it then ran. */
import { z } from 'zod';
import { readTable } from '../read-table.ts';

export interface ServedRequest {
  atSeconds: number;
  group: string;
  model: string;
  images: string;
  steps: string;
  type: string;
  loras: string;
  seconds: number;
  hasSucceeded: boolean;
}

const rowSchema = z.object({
  gmt_create: z.iso
    .datetime({ local: true, offset: true })
    .or(z.string().regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)),
  predict_type: z.string(),
  predict_status: z.string(),
  exec_time_seconds: z.coerce.number().nonnegative(),
  groupId: z.string(),
  num_images_per_prompt: z.string(),
  num_inference_steps: z.string(),
  checkpoint_model_version_id: z.string(),
  num_lora: z.string(),
});

/** In the order in which they came. */
export function readRequests(path: string): ServedRequest[] {
  return (
    readTable(path, rowSchema, 'Give requests as CSV or gzipped CSV: gmt_create, exec_time_seconds, …')
      .map((row) => ({
        atSeconds: Date.parse(`${row.gmt_create.replace(' ', 'T').replace(/Z$/, '')}Z`) / 1000,
        group: row.groupId,
        model: row.checkpoint_model_version_id,
        images: row.num_images_per_prompt,
        steps: row.num_inference_steps,
        type: row.predict_type,
        loras: row.num_lora,
        seconds: row.exec_time_seconds,
        hasSucceeded: row.predict_status === 'SUCCEED',
      }))
      // What never ran has no time to predict.
      .filter((request) => request.seconds > 0)
      .sort((a, b) => a.atSeconds - b.atSeconds)
  );
}
