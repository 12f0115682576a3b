/** The cluster traces of Alibaba's "openb" in their own CSV form: node lists and pod lists, plain or gzipped. */
import { z } from 'zod';
import { type Room, type Shape, wholeGpu } from '../../core/place/room.ts';
import { readTable } from '../read-table.ts';

const wanted = 'Give a node list or pod list of the openb traces, as CSV or gzipped CSV.';

const count = z.coerce.number().int().nonnegative();

const nodeSchema = z.object({ cpu_milli: count, memory_mib: count, gpu: count, model: z.string() });

const podSchema = z.object({
  cpu_milli: count,
  memory_mib: count,
  num_gpu: count.max(8),
  gpu_milli: count.max(wholeGpu),
  gpu_spec: z.string().optional(),
});

/** Each node as it is when nothing runs on it, in the file's order. */
export function readNodes(path: string): Room[] {
  return readTable(path, nodeSchema, wanted).map((node) => ({
    model: node.model,
    cpuMilli: node.cpu_milli,
    memoryMib: node.memory_mib,
    freeMilli: Array.from({ length: node.gpu }, () => wholeGpu),
  }));
}

export function readPods(path: string): Shape[] {
  return readTable(path, podSchema, wanted).map((pod) => ({
    cpuMilli: pod.cpu_milli,
    memoryMib: pod.memory_mib,
    gpus: pod.num_gpu,
    gpuMilli: pod.num_gpu === 0 ? 0 : pod.gpu_milli,
    models: pod.gpu_spec ? pod.gpu_spec.split('|') : null,
  }));
}
