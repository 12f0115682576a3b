/**
 * `npm run bench -- isolation [--n 20]`: what the drivers that isolate and that do not cost at a start and at work
 * (cells/src/sandbox/testing/isolation-cost.ts, which it runs), and what gVisor itself takes to bring memory back
 * (restore-cost.ts beside it); the median and the range of each. MicroVMs are not measured:
 * ops/decisions/0018-what-isolation-costs.md says why, and what is known of them.
 */
import { execFile } from 'node:child_process';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { z } from 'zod';
import { percentile, round } from '../measure/statistics.ts';
import { checkout } from '../platform/start.ts';
import { machine } from '../report.ts';
import { runtimeVersion } from '../resume/runtime.ts';

const programs = join(checkout, 'cells/src/sandbox/testing');
const workMeasures = ['startMs', 'multiplyMs', 'statMs', 'filesMs'] as const;
const workedSchema = z.array(
  z.object({
    kind: z.enum(['process', 'gvisor']),
    ...{ startMs: z.number(), multiplyMs: z.number(), statMs: z.number(), filesMs: z.number() },
  }),
);
const restoreMeasures = ['helloMs', 'cellMs'] as const;
const restoredSchema = z.object({
  imageBytes: z.int(),
  samples: z.array(
    z.object({ into: z.enum(['made', 'madeAhead']), helloMs: z.number(), cellMs: z.number() }),
  ),
});

const text = { type: 'string' } as const;
const { values } = parseArgs({
  args: process.argv.slice(3),
  options: { n: text, json: { type: 'boolean' } },
});
const count = z.coerce
  .number()
  .int()
  .min(1)
  .max(1_000)
  .parse(values.n ?? 20);
const worked = workedSchema.parse(await samplesOf('isolation-cost.ts'));
const { imageBytes, samples } = restoredSchema.parse(await samplesOf('restore-cost.ts'));
const load = loadavg().map((average) => round(average, 1));
const work = (kind: 'process' | 'gvisor') =>
  summary(
    worked.filter((sample) => sample.kind === kind),
    workMeasures,
  );
const restore = (into: 'made' | 'madeAhead') =>
  summary(
    samples.filter((sample) => sample.into === into),
    restoreMeasures,
  );
console.log(
  JSON.stringify({
    n: count,
    process: work('process'),
    gvisor: work('gvisor'),
    restore: { imageBytes, made: restore('made'), madeAhead: restore('madeAhead') },
    runtime: await runtimeVersion(),
    load,
    machine: machine(),
  }),
);

async function samplesOf(program: string): Promise<unknown> {
  const output = { timeout: 3_600_000, maxBuffer: 2 ** 24 };
  const run = promisify(execFile)(process.execPath, [join(programs, program), String(count)], output);
  return JSON.parse((await run).stdout.trim().split('\n').at(-1) ?? '');
}

function summary<Measure extends string>(
  mine: readonly Record<Measure, number>[],
  measures: readonly Measure[],
) {
  const spread = (values: number[]) => ({
    p50: round(percentile(values, 0.5), 1),
    min: round(Math.min(...values), 1),
    max: round(Math.max(...values), 1),
  });
  return Object.fromEntries(measures.map((measure) => [measure, spread(mine.map((one) => one[measure]))]));
}
