/**
 * `npm run bench -- isolation [--n 20]`: what the drivers that isolate and that do not cost at a start and at work
 * (cells/src/sandbox/testing/isolation-cost.ts, which it runs); the median and the range of each. MicroVMs are not
 * measured: ops/decisions/0018-what-isolation-costs.md says why, and what is known of them.
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

const program = join(checkout, 'cells/src/sandbox/testing/isolation-cost.ts');
const measures = ['startMs', 'multiplyMs', 'statMs', 'filesMs'] as const;
const sampleSchema = z.object({
  kind: z.enum(['process', 'gvisor']),
  ...{ startMs: z.number(), multiplyMs: z.number(), statMs: z.number(), filesMs: z.number() },
});
type Sample = z.infer<typeof sampleSchema>;

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
const output = { timeout: 3_600_000, maxBuffer: 2 ** 24 };
const { stdout } = await promisify(execFile)(process.execPath, [program, String(count)], output);
const samples = z.array(sampleSchema).parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
const { process: plain, gvisor } = { process: of('process'), gvisor: of('gvisor') };
const load = loadavg().map((average) => round(average, 1));
console.log(
  JSON.stringify({
    n: count,
    process: plain,
    gvisor,
    runtime: await runtimeVersion(),
    load,
    machine: machine(),
  }),
);

function of(kind: Sample['kind']) {
  const mine = samples.filter((sample) => sample.kind === kind);
  const spread = (values: number[]) => ({
    p50: round(percentile(values, 0.5), 1),
    min: round(Math.min(...values), 1),
    max: round(Math.max(...values), 1),
  });
  return Object.fromEntries(measures.map((measure) => [measure, spread(mine.map((one) => one[measure]))]));
}
