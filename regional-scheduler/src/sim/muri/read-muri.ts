/** The traces of "Muri" (SIGCOMM 2022): training jobs by when they came, how wide and how long they are. */
import { z } from 'zod';
import { readTable } from '../read-table.ts';

export interface MuriJob {
  id: number;
  gpus: number;
  submitSeconds: number;
  iterations: number;
  iterationSeconds: number;
  /** What every event of the cluster costs this job while it runs. */
  restartSeconds: number;
}

const rowSchema = z.object({
  num_gpu: z.coerce.number().int().positive(),
  submit_time: z.coerce.number().nonnegative(),
  iterations: z.coerce.number().positive(),
  iteration_time: z.coerce.number().positive(),
  model_name: z.string().min(1),
});

/** Running beside others costs a job this much of its pace: the factor that the published figures have in them. */
const iterationFactor = 1.015;

/** As published, in seconds, for 1, 2, 4, 8, 16 and 32 GPUs. */
const restartSecondsByModel: Record<string, readonly number[]> = {
  vgg16: [7, 7, 8, 9, 9, 10],
  vgg19: [7, 7, 8, 9, 10, 10],
  resnet18: [4, 5, 5, 7, 7, 7],
  shufflenet_v2_x1_0: [4, 4, 5, 5, 7, 8],
  bert: [10, 10, 10, 10, 10, 10],
  gpt2: [10, 10, 10, 10, 10, 10],
  a2c: [38, 39, 39, 46, 46, 46],
  dqn: [5, 5, 6, 6, 8, 8],
};
const unknownRestartSeconds = 10;

/** In the order of submission. */
export function readMuri(path: string): MuriJob[] {
  return readTable(path, rowSchema, 'Give a trace of Muri, as CSV: num_gpu, submit_time, iterations, …')
    .map((row, id) => ({
      id,
      gpus: row.num_gpu,
      submitSeconds: row.submit_time / 1000,
      iterations: row.iterations,
      iterationSeconds: (row.iteration_time * iterationFactor) / 1000,
      restartSeconds:
        restartSecondsByModel[row.model_name]?.[Math.log2(row.num_gpu)] ?? unknownRestartSeconds,
    }))
    .sort((a, b) => a.submitSeconds - b.submitSeconds);
}
