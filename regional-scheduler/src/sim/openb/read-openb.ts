/** The cluster traces of Alibaba's "openb" in their own CSV form: node lists and pod lists, plain or gzipped. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { type Room, type Shape, wholeGpu } from '../../core/place/room.ts';

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
  return rows(path, nodeSchema).map((node) => ({
    model: node.model,
    cpuMilli: node.cpu_milli,
    memoryMib: node.memory_mib,
    freeMilli: Array.from({ length: node.gpu }, () => wholeGpu),
  }));
}

export function readPods(path: string): Shape[] {
  return rows(path, podSchema).map((pod) => ({
    cpuMilli: pod.cpu_milli,
    memoryMib: pod.memory_mib,
    gpus: pod.num_gpu,
    gpuMilli: pod.num_gpu === 0 ? 0 : pod.gpu_milli,
    models: pod.gpu_spec ? pod.gpu_spec.split('|') : null,
  }));
}

function rows<Row>(path: string, schema: z.ZodType<Row>): Row[] {
  const parsed = z.array(schema).nonempty().safeParse(records(path));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(path, `row ${issue?.path.join(', ')}: ${issue?.message}`);
}

function records(path: string): unknown {
  try {
    const content = readFileSync(path);
    const text = path.endsWith('.gz') ? gunzipSync(content) : content;
    return parse(text, { columns: true, skip_empty_lines: true, trim: true });
  } catch (cause) {
    throw invalid(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function invalid(path: string, problem: string, cause?: unknown): CellbookError {
  return new CellbookError('bad_request', {
    doing: `reading the trace ${path}`,
    problem,
    next: 'Give a node list or pod list of the openb traces, as CSV or gzipped CSV.',
    cause,
  });
}
